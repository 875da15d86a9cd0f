import { request } from 'node:https';
import { CoordinationV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import type { KeyedCertificate } from '../base/certificates.ts';
import type { ClusterCertificates } from './certificates.ts';
import type { ClusterSpec } from './cluster-platform.ts';
import { loopbackServer, renderUserKubeconfig } from './kubeconfig.ts';

/** The cluster's API as its administrator sees it, through the loopback port. */
export interface ApiClient {
  readonly core: CoreV1Api;
  readonly coordination: CoordinationV1Api;
  readonly objects: KubernetesObjectApi;
  /** Asks `/readyz`. `undefined` when ready, else what is not. Throws when there is no answer. */
  unreadyReason(signal: AbortSignal): Promise<string | undefined>;
}

export function createApiClient(cluster: ClusterSpec, certificates: ClusterCertificates): ApiClient {
  const config = new KubeConfig();
  config.loadFromString(renderUserKubeconfig(cluster, 'admin', certificates));
  return {
    core: config.makeApiClient(CoreV1Api),
    coordination: config.makeApiClient(CoordinationV1Api),
    objects: KubernetesObjectApi.makeApiClient(config),
    async unreadyReason(signal) {
      const answer = await get(`${loopbackServer(cluster)}/readyz?verbose`, certificates.authority, certificates.admin, signal);
      return answer.status === 200 ? undefined : failedChecks(answer);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The lines of a verbose `/readyz` that begin with `[-]`; without any, the answer's status. */
export function failedChecks({ status, text }: Answer): string {
  const failed = text.split('\n').filter((line) => line.startsWith('[-]'));
  return failed.length === 0 ? `HTTP ${String(status)}` : failed.join(', ');
}

async function get(url: string, authority: KeyedCertificate, user: KeyedCertificate, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const options = {
    ca: authority.certificatePem,
    cert: user.certificatePem,
    key: user.privateKeyPem.reveal(),
    agent: false,
    timeout: 5000,
    signal,
  };
  const sent = request(url, options, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject);
  });
  sent.on('timeout', () => sent.destroy(new Error('no answer within 5 s')));
  sent.on('error', reject).end();
  return promise;
}
