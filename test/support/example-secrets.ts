import type { KeyedCertificate } from '../../src/base/certificates.ts';
import { Secret } from '../../src/base/secret.ts';
import type { ClusterCertificates, NodeCertificates } from '../../src/cluster/certificates.ts';

function keyed(name: string): KeyedCertificate {
  return { certificatePem: `certificate of ${name}\n`, privateKeyPem: new Secret(`key of ${name}\n`) };
}

/** Stand-ins that say what they stand for. */
export const exampleClusterCertificates: ClusterCertificates = {
  authority: keyed('authority'),
  apiServer: keyed('apiServer'),
  apiServerKubeletClient: keyed('apiServerKubeletClient'),
  controllerManager: keyed('controllerManager'),
  scheduler: keyed('scheduler'),
  proxy: keyed('proxy'),
  admin: keyed('admin'),
  serviceAccount: { publicKeyPem: 'public key of service accounts\n', privateKeyPem: new Secret('key of service accounts\n') },
};

export const exampleNodeCertificates: NodeCertificates = {
  kubeletClient: keyed('kubeletClient'),
  kubeletServer: keyed('kubeletServer'),
};
