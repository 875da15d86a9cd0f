import { stringify } from 'yaml';
import { formatCidr } from '../base/addresses.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';
import { parseTaint } from './node-labels.ts';

export const certificatesFolder = '/etc/kubernetes/certs';

/** `KubeletConfiguration` as YAML (kubelet.config.k8s.io/v1beta1). */
export function renderKubeletConfig(cluster: ClusterSpec, node: NodeSpec): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${certificatesFolder}/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${certificatesFolder}/kubeletserver.crt`,
    tlsPrivateKeyFile: `${certificatesFolder}/kubeletserver.key`,
    rotateCertificates: false,
    providerID: node.providerId,
    registerWithTaints: node.taints.map(parseTaint),
    clusterDomain: 'cluster.local',
    clusterDNS: [cluster.dnsServiceAddress],
    resolvConf: '/etc/resolv.conf',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    maxPods: node.maxPods,
    // A lease is renewed after a quarter of this: the controller manager's grace period of 8 s stands on it.
    nodeLeaseDurationSeconds: 8,
    // Naming one threshold removes the others: the disk is the host's, and how full it is is not this node's affair.
    evictionHard: { 'memory.available': '100Mi' },
    // 100 switches image collection off: there is no registry to pull a collected image from again.
    imageGCHighThresholdPercent: 100,
  });
}

/** `KubeProxyConfiguration` as YAML (kubeproxy.config.k8s.io/v1alpha1). */
export function renderProxyConfig(cluster: ClusterSpec, node: NodeSpec): string {
  return stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    hostnameOverride: node.name,
    clusterCIDR: formatCidr(cluster.podCidr),
    clientConnection: { kubeconfig: '/etc/kubernetes/kube-proxy.conf' },
    // Zero leaves the kernel's values alone: those of conntrack are shared with the host.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  });
}

/** containerd 1.6, version 2 of its format; the CNI folders are the stock ones. */
export const containerdConfig = `version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "segw.local/pause:1"
  # Without CAP_SYS_RESOURCE no process may lower its score, and every pod would fail to start.
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
