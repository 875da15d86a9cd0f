import { stringify } from 'yaml';
import type { KeyedCertificate } from '../base/certificates.ts';
import type { ClusterSpec } from './cluster-platform.ts';

export interface KubeconfigRequest {
  readonly clusterName: string;
  readonly userName: string;
  readonly contextName: string;
  /** `https://ADDRESS:PORT` */
  readonly server: string;
  readonly authorityPem: string;
  readonly user: KeyedCertificate;
}

/** A kubeconfig of one context as YAML, with certificates and key inside: keep it like a key. */
export function renderKubeconfig(request: KubeconfigRequest): string {
  const { clusterName, userName, contextName, server, authorityPem, user } = request;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: clusterName, cluster: { server, 'certificate-authority-data': base64(authorityPem) } }],
    users: [
      {
        name: userName,
        user: {
          'client-certificate-data': base64(user.certificatePem),
          'client-key-data': base64(user.privateKeyPem.reveal()),
        },
      },
    ],
    contexts: [{ name: contextName, context: { cluster: clusterName, user: userName } }],
    'current-context': contextName,
  });
}

/** What `az aks get-credentials` merges, named as AKS names it (arm-facts 3.9). Without Entra ID both users are the same administrator. */
export function renderUserKubeconfig(
  cluster: ClusterSpec,
  user: 'user' | 'admin',
  certificates: { readonly authority: KeyedCertificate; readonly admin: KeyedCertificate },
): string {
  const names = {
    user: { prefix: 'clusterUser', contextName: cluster.name },
    admin: { prefix: 'clusterAdmin', contextName: `${cluster.name}-admin` },
  }[user];
  return renderKubeconfig({
    clusterName: cluster.name,
    userName: `${names.prefix}_${cluster.resourceGroup}_${cluster.name}`,
    contextName: names.contextName,
    server: loopbackServer(cluster),
    authorityPem: certificates.authority.certificatePem,
    user: certificates.admin,
  });
}

/** Where the host reaches the API server. */
export function loopbackServer({ apiPort }: ClusterSpec): string {
  return `https://127.0.0.1:${String(apiPort)}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
