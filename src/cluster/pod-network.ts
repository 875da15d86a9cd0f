import { formatCidr, type Cidr } from '../base/addresses.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';
import { binariesFolder, type MachineFile } from './machine-content.ts';

const conflistPath = '/etc/cni/net.d/10-segw-base.conflist';
/** Where the worker-agent keeps it: before the base in the order of names, so that the runtime takes it. */
const chainedConflistPath = '/etc/cni/net.d/05-segw.conflist';
const masqueradePath = '/etc/kubernetes/ip-masq.nft';
const startPath = '/etc/kubernetes/start-pod-network';

/** Brings up the node's part of the pod network at boot: forwarding, the CNI plugins in their stock folder, the masquerade. */
export const podNetworkService = { name: 'ip-masq', command: [startPath] } as const;

export function podNetworkFiles(cluster: ClusterSpec, node: NodeSpec): readonly MachineFile[] {
  return [
    { path: conflistPath, content: renderConflist(basePlugins(node.podCidr)) },
    ...(cluster.hasStaticEgressGateway
      ? [{ path: chainedConflistPath, content: renderConflist([...basePlugins(node.podCidr), egressPlugin]) }]
      : []),
    { path: masqueradePath, content: renderMasquerade(cluster, node) },
    { path: startPath, content: startScript, mode: 0o755 },
  ];
}

/** The entry that the worker-agent would chain: no pod of a new node starts without the plugin, also before its agent runs. */
const egressPlugin = { type: 'static-egress-gateway', capabilities: { 'io.kubernetes.cri.pod-annotations': true } };

/** A veth pair for each pod (ptp), addresses out of the node's own network, host ports; the fabric routes pod networks to their nodes. */
function basePlugins(podCidr: Cidr): readonly object[] {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: formatCidr(podCidr) }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return [
    { type: 'ptp', ipMasq: false, ipam },
    { type: 'portmap', capabilities: { portMappings: true }, snat: true },
  ];
}

function renderConflist(plugins: readonly object[]): string {
  return `${JSON.stringify({ cniVersion: '1.0.0', name: 'segw-base', plugins }, undefined, 2)}\n`;
}

/**
 * Pods of this node leave the virtual network with the node's address, as with AKS' overlay. The table is replaced as a whole in one
 * transaction, so a restart of the service changes nothing.
 */
function renderMasquerade(cluster: ClusterSpec, node: NodeSpec): string {
  const local = [cluster.podCidr, cluster.serviceCidr, cluster.subnet].map(formatCidr);
  return `table ip ip-masq {}
delete table ip ip-masq
table ip ip-masq {
  set local {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { ${[...local, '168.63.129.16', '169.254.0.0/16', '224.0.0.0/4'].join(', ')} }
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${formatCidr(node.podCidr)} ip daddr != @local masquerade
  }
}
`;
}

const startScript = `#!/bin/sh
set -e
echo 1 >/proc/sys/net/ipv4/ip_forward
mkdir -p /opt/cni/bin
ln -sf /usr/lib/cni/* /opt/cni/bin/
# The worker-agent puts a newer one into its place.
[ -e /opt/cni/bin/static-egress-gateway ] || ln -sf ${binariesFolder}/static-egress-gateway /opt/cni/bin/
nft -f ${masqueradePath}
exec sleep infinity
`;
