import type { KeyedCertificate } from '../base/certificates.ts';
import { KubeClient } from '../kube/client.ts';
import { Connection } from '../kube/connection.ts';
import type { ClusterSpec } from './cluster-platform.ts';
import { loopbackServer } from './kubeconfig.ts';

/** How the region reaches a cluster's API server: as its administrator, through the loopback port. Whoever connects closes. */
export type ConnectCluster = (cluster: ClusterSpec) => Promise<Connection>;

export function connectByCertificates(
  cluster: ClusterSpec,
  { authority, admin }: { readonly authority: KeyedCertificate; readonly admin: KeyedCertificate },
): Connection {
  const credentials = {
    headers: {},
    ca: authority.certificatePem,
    certificate: admin.certificatePem,
    key: admin.privateKeyPem.reveal(),
  };
  return new Connection({
    server: loopbackServer(cluster),
    readCredentials: async () => credentials,
    userAgent: 'segw-region',
  });
}

/** Runs `work` with a connection of its own, which ends with it. */
export async function withClient<T>(
  connect: ConnectCluster,
  cluster: ClusterSpec,
  work: (client: KubeClient) => Promise<T>,
): Promise<T> {
  const connection = await connect(cluster);
  try {
    return await work(new KubeClient(connection));
  } finally {
    await connection.close();
  }
}
