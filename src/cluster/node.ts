import type { KeyedCertificate } from '../base/certificates.ts';
import type { ClusterCertificates, NodeCertificates } from './certificates.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';
import { apiServerPort } from './control-plane.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { binariesFolder, type MachineContent, type MachineFile } from './machine-content.ts';
import { identityFiles } from './machine-identity.ts';
import { certificatesFolder, containerdConfig, renderKubeletConfig, renderProxyConfig } from './node-config.ts';
import { desiredLabels, kubeletLabels } from './node-labels.ts';
import { podNetworkFiles, podNetworkService } from './pod-network.ts';

/** Exists on a node's disk once the node images have been imported. */
export const importedMarker = '/etc/kubernetes/node-images-imported';

const awaitRuntimePath = '/etc/kubernetes/await-runtime';

interface NodeSecrets {
  readonly cluster: Pick<ClusterCertificates, 'authority' | 'proxy'>;
  readonly node: NodeCertificates;
}

/** The disk and the services of a node: stock paths, components of Kubernetes 1.34. */
export function desiredNode(cluster: ClusterSpec, node: NodeSpec, secrets: NodeSecrets): MachineContent {
  return {
    files: [
      ...identityFiles(node.name, node.address),
      ...certificateFiles(secrets),
      kubeconfigFile('kubelet', `system:node:${node.name}`, {
        cluster,
        authority: secrets.cluster.authority,
        user: secrets.node.kubeletClient,
      }),
      kubeconfigFile('kube-proxy', 'system:kube-proxy', {
        cluster,
        authority: secrets.cluster.authority,
        user: secrets.cluster.proxy,
      }),
      { path: '/etc/kubernetes/kubelet.yaml', content: renderKubeletConfig(cluster, node) },
      { path: '/etc/kubernetes/kube-proxy.yaml', content: renderProxyConfig(cluster, node) },
      { path: '/etc/containerd/config.toml', content: containerdConfig },
      { path: awaitRuntimePath, content: awaitRuntimeScript, mode: 0o755 },
      ...podNetworkFiles(cluster, node),
    ],
    services: [
      podNetworkService,
      { name: 'containerd', command: ['/usr/bin/containerd'] },
      { name: 'kubelet', command: [awaitRuntimePath, ...kubeletCommand(cluster, node)] },
      { name: 'kube-proxy', command: [`${binariesFolder}/kube-proxy`, '--config=/etc/kubernetes/kube-proxy.yaml'] },
    ],
  };
}

function kubeletCommand(cluster: ClusterSpec, node: NodeSpec): readonly string[] {
  const labels = Object.entries(kubeletLabels(desiredLabels(cluster, node)));
  return [
    `${binariesFolder}/kubelet`,
    '--config=/etc/kubernetes/kubelet.yaml',
    '--kubeconfig=/etc/kubernetes/kubelet.conf',
    `--node-ip=${node.address}`,
    `--node-labels=${labels.map(([key, value]) => `${key}=${value}`).join(',')}`,
  ];
}

function certificateFiles({ cluster, node }: NodeSecrets): readonly MachineFile[] {
  return [
    { path: `${certificatesFolder}/ca.crt`, content: cluster.authority.certificatePem },
    { path: `${certificatesFolder}/kubeletserver.crt`, content: node.kubeletServer.certificatePem },
    { path: `${certificatesFolder}/kubeletserver.key`, content: node.kubeletServer.privateKeyPem.reveal(), mode: 0o600 },
  ];
}

interface Identity {
  readonly cluster: ClusterSpec;
  readonly authority: KeyedCertificate;
  readonly user: KeyedCertificate;
}

function kubeconfigFile(component: string, userName: string, { cluster, authority, user }: Identity): MachineFile {
  const content = renderKubeconfig({
    clusterName: cluster.name,
    userName,
    contextName: `${userName}@${cluster.name}`,
    server: `https://${cluster.address}:${String(apiServerPort)}`,
    authorityPem: authority.certificatePem,
    user,
  });
  return { path: `/etc/kubernetes/${component}.conf`, content, mode: 0o600 };
}

/** A kubelet that starts before its runtime or its pause image backs off for ten seconds and more; so it waits here. */
const awaitRuntimeScript = `#!/bin/sh
until [ -S /run/containerd/containerd.sock ] && [ -e ${importedMarker} ]; do sleep 0.2; done
exec "$@"
`;
