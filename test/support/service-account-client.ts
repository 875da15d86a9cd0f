import { KubeClient } from '../../src/kube/client.ts';
import type { Connection } from '../../src/kube/connection.ts';
import { connectByKubeConfig } from '../../src/kube/kube-config.ts';
import type { ApiServer } from './api-server.ts';

interface PodOfAccount {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Absent: a token that belongs to no pod. */
  readonly pod?: string;
}

interface TokenReply {
  readonly status?: { readonly token?: string };
}

/** A client with the token that kubelet would mount into the pod, which must exist. Its connection is to be closed. */
export async function connectAsPod(
  { kubeConfig }: Pick<ApiServer, 'kubeConfig'>,
  { namespace, serviceAccount, pod }: PodOfAccount,
): Promise<{ readonly client: KubeClient; readonly connection: Connection }> {
  const admin = connectByKubeConfig({ source: { text: kubeConfig }, userAgent: 'test' });
  const response = await admin.send({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`,
    contentType: 'application/json',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: pod === undefined ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod } },
    },
  });
  const text = await response.body.text();
  await admin.close();
  const { status }: TokenReply = JSON.parse(text);
  if (status?.token === undefined) throw new Error(`no token for ${serviceAccount}: ${text}`);
  const source = { text: kubeConfig.replace(/"token":"[^"]*"/, `"token":"${status.token}"`) };
  const connection = connectByKubeConfig({ source, userAgent: serviceAccount });
  return { client: new KubeClient(connection), connection };
}
