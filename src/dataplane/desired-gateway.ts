import { formatCidr } from '../base/addresses.ts';
import {
  emptyNamespace,
  hostNamespace,
  mainTable,
  type DeviceRoute,
  type HostState,
  type NamespaceState,
  type Sysctl,
  type WireguardLink,
} from './host-state.ts';
import type { GatewayInputs } from './model.ts';
import { gatewayHostTable } from './rules/gateway-host.ts';
import { gatewayLockTable } from './rules/gateway-lock.ts';
import { gatewayTable } from './rules/gateway.ts';
import { defaultSettings, tunnelMtu, type DataplaneSettings } from './settings.ts';

/**
 * Everything of ours in a gateway's kernel: the namespace with the tunnels and the egress addresses, and what leads to it on the host.
 * The egress addresses are on no link of the host: its `local` table would take every reply. Source: dataplane reference, section 3.
 */
export function desiredGateway(inputs: GatewayInputs, settings: DataplaneSettings = defaultSettings): HostState {
  return { namespaces: [hostSide(inputs, settings), namespaceSide(inputs, settings)] };
}

function hostSide(inputs: GatewayInputs, settings: DataplaneSettings): NamespaceState {
  const { hostVeth: ours, namespaceVeth: theirs } = settings;
  return {
    ...emptyNamespace(hostNamespace),
    links: [
      {
        kind: 'veth',
        ...ours,
        mtu: inputs.uplinkMtu,
        isUp: true,
        peer: { namespace: settings.namespace, ...theirs },
      },
    ],
    neighbours: inputs.egress.map(({ address }) => ({ device: ours.name, address, mac: theirs.mac })),
    routes: inputs.egress.map(({ address }) => routeTo(`${address}/32`, ours.name)),
    sysctls: [withoutIpv6(ours.name)],
    tables: [gatewayHostTable(inputs, settings)],
  };
}

function namespaceSide(inputs: GatewayInputs, settings: DataplaneSettings): NamespaceState {
  const { namespaceVeth: ours, hostVeth: theirs, gatewayDevice: wg, probeAddress } = settings;
  const { nodeAddress, uplinkMtu } = inputs;
  return {
    ...emptyNamespace(settings.namespace),
    links: [{ kind: 'veth-peer', ...ours, mtu: uplinkMtu, isUp: true }, tunnel(inputs, settings)],
    addresses: [
      { device: wg, address: probeAddress, prefixLength: 32 },
      ...inputs.egress.map(({ address }) => ({ device: ours.name, address, prefixLength: 32 })),
    ],
    neighbours: [{ device: ours.name, address: nodeAddress, mac: theirs.mac }],
    routes: [
      routeTo(`${nodeAddress}/32`, ours.name),
      { ...routeTo('default', ours.name), via: nodeAddress },
      ...inputs.workers.map(({ block }) => routeTo(formatCidr(block), wg)),
    ],
    sysctls: [...namespaceSysctls, withoutIpv6(wg)],
    tables: [gatewayTable(inputs, settings), ...(settings.hasLockTable ? [gatewayLockTable(settings)] : [])],
  };
}

function tunnel({ publicKey, uplinkMtu, workers }: GatewayInputs, settings: DataplaneSettings): WireguardLink {
  return {
    kind: 'wireguard',
    name: settings.gatewayDevice,
    mtu: tunnelMtu(settings, uplinkMtu),
    isUp: true,
    publicKey,
    listenPort: settings.gatewayPort,
    peers: workers.map(({ publicKey, endpoint, block }) => ({
      publicKey,
      // Endpoint and keepalive also on this side: without them a restarted gateway is silent until the worker's timer, 15 s.
      endpoint: `${endpoint.address}:${String(endpoint.port)}`,
      keepaliveSeconds: settings.keepaliveSeconds,
      allowedIps: [formatCidr(block)],
    })),
  };
}

/** The namespace's own: the node's stay as they are. Without `be_liberal` a reset would kill healthy connections as invalid. */
export const namespaceSysctls: readonly Sysctl[] = [
  { key: 'net.ipv4.ip_forward', value: '1' },
  { key: 'net.ipv4.conf.all.send_redirects', value: '0' },
  { key: 'net.ipv4.conf.default.send_redirects', value: '0' },
  { key: 'net.ipv6.conf.all.disable_ipv6', value: '1' },
  { key: 'net.ipv6.conf.default.disable_ipv6', value: '1' },
  { key: 'net.netfilter.nf_conntrack_acct', value: '1' },
  { key: 'net.netfilter.nf_conntrack_tcp_loose', value: '0' },
  { key: 'net.netfilter.nf_conntrack_tcp_be_liberal', value: '1' },
];

function withoutIpv6(device: string): Sysctl {
  return { device, key: `net.ipv6.conf.${device}.disable_ipv6`, value: '1' };
}

function routeTo(destination: string, device: string): DeviceRoute {
  return { kind: 'device', destination, table: mainTable, metric: 0, device };
}
