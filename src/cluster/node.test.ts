import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { exampleCluster, exampleGatewayNode } from '../../test/support/example-cluster.ts';
import { exampleClusterCertificates, exampleNodeCertificates } from '../../test/support/example-secrets.ts';
import { chainPlugin } from '../cni/conflist.ts';
import { desiredNode } from './node.ts';

const { files, services } = desiredNode(exampleCluster, exampleGatewayNode, {
  cluster: exampleClusterCertificates,
  node: exampleNodeCertificates,
});

function contentOf(path: string): string {
  return files.find((file) => file.path === path)?.content ?? assert.fail(`no ${path}`);
}

test('the disk of a node', () => {
  assert.equal(
    files.map(({ path, mode = 0o644 }) => `${mode.toString(8)} ${path}`).join('\n'),
    `644 /etc/hostname
644 /etc/hosts
644 /etc/resolv.conf
644 /etc/kubernetes/certs/ca.crt
644 /etc/kubernetes/certs/kubeletserver.crt
600 /etc/kubernetes/certs/kubeletserver.key
600 /etc/kubernetes/kubelet.conf
600 /etc/kubernetes/kube-proxy.conf
644 /etc/kubernetes/kubelet.yaml
644 /etc/kubernetes/kube-proxy.yaml
644 /etc/containerd/config.toml
755 /etc/kubernetes/await-runtime
644 /etc/cni/net.d/10-segw-base.conflist
644 /etc/kubernetes/ip-masq.nft
755 /etc/kubernetes/start-pod-network`,
  );
});

test('the services of a node', () => {
  assert.equal(
    services.map(({ name, command }) => `${name}: ${command.join(' ')}`).join('\n'),
    `ip-masq: /etc/kubernetes/start-pod-network
containerd: /usr/bin/containerd
kubelet: /etc/kubernetes/await-runtime /opt/segw/bin/kubelet --config=/etc/kubernetes/kubelet.yaml --kubeconfig=/etc/kubernetes/kubelet.conf --node-ip=10.224.0.5 --node-labels=${[
      'beta.kubernetes.io/instance-type=Standard_D2s_v5',
      'failure-domain.beta.kubernetes.io/region=westus',
      'failure-domain.beta.kubernetes.io/zone=0',
      'kubernetes.azure.com/cluster=MC_rg_mycluster_westus',
      'kubernetes.azure.com/role=agent',
      'node.kubernetes.io/instance-type=Standard_D2s_v5',
      'topology.kubernetes.io/region=westus',
      'topology.kubernetes.io/zone=0',
      'agentpool=gwpool',
      'kubernetes.azure.com/agentpool=gwpool',
      'kubernetes.azure.com/mode=gateway',
    ].join(',')}
kube-proxy: /opt/segw/bin/kube-proxy --config=/etc/kubernetes/kube-proxy.yaml`,
  );
});

test('a node knows itself and asks the platform for names', () => {
  assert.equal(contentOf('/etc/hostname'), 'aks-gwpool-12345678-vmss000000\n');
  assert.equal(contentOf('/etc/hosts'), '127.0.0.1 localhost\n10.224.0.5 aks-gwpool-12345678-vmss000000\n');
  assert.equal(contentOf('/etc/resolv.conf'), 'nameserver 168.63.129.16\n');
});

test('pods of the node leave the virtual network as the node, and stay themselves inside it', () => {
  assert.equal(
    contentOf('/etc/kubernetes/ip-masq.nft'),
    `table ip ip-masq {}
delete table ip ip-masq
table ip ip-masq {
  set local {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { 10.244.0.0/16, 10.0.0.0/16, 10.224.0.0/16, 168.63.129.16, 169.254.0.0/16, 224.0.0.0/4 }
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.244.1.0/24 ip daddr != @local masquerade
  }
}
`,
  );
});

test('a pod gets an address of its node and a veth pair', () => {
  assert.deepEqual(JSON.parse(contentOf('/etc/cni/net.d/10-segw-base.conflist')), {
    cniVersion: '1.0.0',
    name: 'segw-base',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: { type: 'host-local', ranges: [[{ subnet: '10.244.1.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  });
});

test('a node of a cluster with static egress gateway brings the plugin, chained as its worker-agent would', () => {
  const cluster = { ...exampleCluster, hasStaticEgressGateway: true };
  const secrets = { cluster: exampleClusterCertificates, node: exampleNodeCertificates };
  const node = desiredNode(cluster, exampleGatewayNode, secrets);
  const chained = node.files.find(({ path }) => path === '/etc/cni/net.d/05-segw.conflist')?.content;
  assert.equal(chained, chainPlugin({ name: '', text: contentOf('/etc/cni/net.d/10-segw-base.conflist') }));
});

test('the kubelet registers with the taints of its pool and the id of its machine', () => {
  const config: unknown = parse(contentOf('/etc/kubernetes/kubelet.yaml'));
  assert.partialDeepStrictEqual(config, {
    providerID: exampleGatewayNode.providerId,
    registerWithTaints: [{ key: 'kubernetes.azure.com/mode', value: 'gateway', effect: 'NoSchedule' }],
    clusterDNS: ['10.0.0.10'],
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    nodeLeaseDurationSeconds: 8,
    rotateCertificates: false,
  });
});

test('kube-proxy leaves the connection tracking of the host alone', () => {
  assert.equal(
    contentOf('/etc/kubernetes/kube-proxy.yaml'),
    `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: aks-gwpool-12345678-vmss000000
clusterCIDR: 10.244.0.0/16
clientConnection:
  kubeconfig: /etc/kubernetes/kube-proxy.conf
conntrack:
  maxPerCore: 0
  min: 0
  tcpEstablishedTimeout: 0s
  tcpCloseWaitTimeout: 0s
`,
  );
});

test('no container asks for an out-of-memory score that it may not have', () => {
  assert.match(contentOf('/etc/containerd/config.toml'), /restrict_oom_score_adj = true/);
});
