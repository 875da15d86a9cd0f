import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addressAt } from '../base/addresses.ts';
import type { CertificateRequest, KeyedCertificate } from '../base/certificates.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';
import { ensureAuthority, ensureCertificate } from './kept-certificate.ts';
import { ensureServiceAccountKeys, type ServiceAccountKeys } from './service-account-keys.ts';

/** What a cluster's control plane and its administrators hold. */
export interface ClusterCertificates {
  readonly authority: KeyedCertificate;
  readonly apiServer: KeyedCertificate;
  /** What the API server shows when it calls a kubelet (logs, exec). */
  readonly apiServerKubeletClient: KeyedCertificate;
  readonly controllerManager: KeyedCertificate;
  readonly scheduler: KeyedCertificate;
  readonly proxy: KeyedCertificate;
  readonly admin: KeyedCertificate;
  readonly serviceAccount: ServiceAccountKeys;
}

/** What one node holds besides the cluster's `proxy`. */
export interface NodeCertificates {
  readonly kubeletClient: KeyedCertificate;
  readonly kubeletServer: KeyedCertificate;
}

/** Who the API server is for kubelets; the add-ons bind it to its role. */
export const kubeletClientUser = 'kube-apiserver-kubelet-client';

const days = 3650;

/** Which certificates a cluster has. Names and groups are those that the bootstrap roles of Kubernetes are bound to. */
export function clusterCertificateRequests(cluster: ClusterSpec) {
  return {
    apiServer: {
      commonName: 'kube-apiserver',
      subjectAlternativeNames: [
        'localhost',
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
        '127.0.0.1',
        addressAt(cluster.serviceCidr, 1),
        cluster.address,
      ],
      usages: ['server'],
      days,
    },
    apiServerKubeletClient: clientRequest(kubeletClientUser),
    controllerManager: clientRequest('system:kube-controller-manager'),
    scheduler: clientRequest('system:kube-scheduler'),
    proxy: clientRequest('system:kube-proxy'),
    admin: clientRequest('masterclient', 'system:masters'),
  } as const satisfies Record<string, CertificateRequest>;
}

/** Which certificates a node has. User and group of the kubelet are what the Node authorizer and NodeRestriction look at. */
export function nodeCertificateRequests(node: Pick<NodeSpec, 'name' | 'address'>) {
  return {
    kubeletClient: clientRequest(`system:node:${node.name}`, 'system:nodes'),
    kubeletServer: { commonName: node.name, subjectAlternativeNames: [node.name, node.address], usages: ['server'], days },
  } as const satisfies Record<string, CertificateRequest>;
}

/** Makes what `folder` lacks, and anew what does not cover the cluster's names as they are now. */
export async function ensureClusterCertificates(folder: string, cluster: ClusterSpec): Promise<ClusterCertificates> {
  await ensurePrivateFolder(folder);
  const authority = await ensureAuthority(join(folder, 'authority'), { commonName: `${cluster.name}-ca`, days });
  const requests = clusterCertificateRequests(cluster);
  const ensure = (name: keyof typeof requests): Promise<KeyedCertificate> =>
    ensureCertificate(join(folder, name), authority, requests[name]);
  return {
    authority,
    apiServer: await ensure('apiServer'),
    apiServerKubeletClient: await ensure('apiServerKubeletClient'),
    controllerManager: await ensure('controllerManager'),
    scheduler: await ensure('scheduler'),
    proxy: await ensure('proxy'),
    admin: await ensure('admin'),
    serviceAccount: await ensureServiceAccountKeys(join(folder, 'serviceAccount.key')),
  };
}

/** The same for one node, in a folder of its own below the cluster's. */
export async function ensureNodeCertificates(
  folder: string,
  authority: KeyedCertificate,
  node: Pick<NodeSpec, 'name' | 'address'>,
): Promise<NodeCertificates> {
  const nodeFolder = nodeFolderOf(folder, node.name);
  await ensurePrivateFolder(nodeFolder);
  const requests = nodeCertificateRequests(node);
  return {
    kubeletClient: await ensureCertificate(join(nodeFolder, 'kubeletClient'), authority, requests.kubeletClient),
    kubeletServer: await ensureCertificate(join(nodeFolder, 'kubeletServer'), authority, requests.kubeletServer),
  };
}

export async function forgetNodeCertificates(folder: string, nodeName: string): Promise<void> {
  await rm(nodeFolderOf(folder, nodeName), { recursive: true, force: true });
}

function clientRequest(commonName: string, ...organizations: readonly string[]): CertificateRequest {
  return { commonName, organizations, usages: ['client'], days };
}

function nodeFolderOf(folder: string, nodeName: string): string {
  return join(folder, 'nodes', nodeName);
}

async function ensurePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // A folder that was there before keeps its mode, which may be an open one.
  await chmod(folder, 0o700);
}
