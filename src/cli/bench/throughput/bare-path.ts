import {
  emptyNamespace,
  hostNamespace,
  mainTable,
  type DeviceRoute,
  type HostState,
  type WireguardLink,
} from '../../../dataplane/host-state.ts';

/** An end of the bare path. */
export interface BareEnd {
  readonly nodeAddress: string;
  /** base64 */
  readonly publicKey: string;
}

/** What the dataplane is compared with: addresses of the range for benchmarks (RFC 2544), names of nobody else. */
export const barePath = {
  /** In the namespace of the client, behind a veth pair of the worker. */
  clientAddress: '198.18.0.2',
  clientNamespace: 'client',
  /** In the tunnel. */
  workerAddress: '198.18.1.1',
  gatewayAddress: '198.18.1.2',
  /** As the client leaves the gateway's namespace. */
  egressAddress: '198.18.2.9',
  egressNamespace: 'egress',
} as const;

const benchNetwork = '198.18.0.0/15';
const tunnelMtu = 1420;
const uplinkMtu = 1500;
const port = 7000;
const macs = {
  worker: '02:5e:be:00:00:01',
  client: '02:5e:be:00:00:02',
  gateway: '02:5e:be:00:00:03',
  egress: '02:5e:be:00:00:04',
};
const devices = { workerTunnel: 'bench0', workerVeth: 'benchpod', gatewayTunnel: 'bench1', gatewayVeth: 'benchgw' } as const;

/**
 * The worker's side of a tunnel with the hops of the dataplane and none of its rules: a client behind a veth pair, a tunnel, and a route
 * for `target`, by which everything of this node goes there that has no mark of ours.
 */
export function bareWorker(worker: BareEnd, gateway: BareEnd, target: string): HostState {
  const { workerTunnel: tunnel, workerVeth: veth } = devices;
  const { clientAddress, clientNamespace, workerAddress, gatewayAddress } = barePath;
  return {
    namespaces: [
      {
        ...emptyNamespace(hostNamespace),
        links: [
          {
            kind: 'veth',
            name: veth,
            mac: macs.worker,
            mtu: tunnelMtu,
            isUp: true,
            peer: { namespace: clientNamespace, name: 'eth0', mac: macs.client },
          },
          tunnelLink(tunnel, worker, gateway),
        ],
        addresses: [{ device: tunnel, address: workerAddress, prefixLength: 32 }],
        neighbours: [{ device: veth, address: clientAddress, mac: macs.client }],
        routes: [routeTo(`${clientAddress}/32`, veth), routeTo(`${gatewayAddress}/32`, tunnel), routeTo(`${target}/32`, tunnel)],
        sysctls: [{ key: `net.ipv4.conf.${tunnel}.rp_filter`, value: '2', device: tunnel }],
      },
      {
        ...emptyNamespace(clientNamespace),
        links: [{ kind: 'veth-peer', name: 'eth0', mac: macs.client, mtu: tunnelMtu, isUp: true }],
        addresses: [{ device: 'eth0', address: clientAddress, prefixLength: 32 }],
        neighbours: [{ device: 'eth0', address: workerAddress, mac: macs.worker }],
        routes: [routeTo(`${workerAddress}/32`, 'eth0'), { ...routeTo('default', 'eth0'), via: workerAddress }],
      },
    ],
  };
}

/** The gateway's side: the tunnel in a namespace, whose only translation is to an address that the node masquerades. */
export function bareGateway(worker: BareEnd, gateway: BareEnd): HostState {
  const { gatewayTunnel: tunnel, gatewayVeth: veth } = devices;
  const { clientAddress, egressAddress, egressNamespace, workerAddress, gatewayAddress } = barePath;
  return {
    namespaces: [
      {
        ...emptyNamespace(hostNamespace),
        links: [
          {
            kind: 'veth',
            name: veth,
            mac: macs.gateway,
            mtu: uplinkMtu,
            isUp: true,
            peer: { namespace: egressNamespace, name: 'host0', mac: macs.egress },
          },
        ],
        neighbours: [{ device: veth, address: egressAddress, mac: macs.egress }],
        routes: [routeTo(`${egressAddress}/32`, veth)],
        tables: [translation(`iifname "${veth}" masquerade`)],
      },
      {
        ...emptyNamespace(egressNamespace),
        links: [
          { kind: 'veth-peer', name: 'host0', mac: macs.egress, mtu: uplinkMtu, isUp: true },
          tunnelLink(tunnel, gateway, worker),
        ],
        addresses: [
          { device: 'host0', address: egressAddress, prefixLength: 32 },
          { device: tunnel, address: gatewayAddress, prefixLength: 32 },
        ],
        neighbours: [{ device: 'host0', address: gateway.nodeAddress, mac: macs.gateway }],
        routes: [
          routeTo(`${gateway.nodeAddress}/32`, 'host0'),
          { ...routeTo('default', 'host0'), via: gateway.nodeAddress },
          routeTo(`${clientAddress}/32`, tunnel),
          routeTo(`${workerAddress}/32`, tunnel),
        ],
        sysctls: [{ key: 'net.ipv4.ip_forward', value: '1' }],
        tables: [translation(`iifname "${tunnel}" oifname "host0" snat ip to ${egressAddress}`)],
      },
    ],
  };
}

function tunnelLink(name: string, { publicKey }: BareEnd, peer: BareEnd): WireguardLink {
  return {
    kind: 'wireguard',
    name,
    mtu: tunnelMtu,
    isUp: true,
    publicKey,
    listenPort: port,
    peers: [
      {
        publicKey: peer.publicKey,
        endpoint: `${peer.nodeAddress}:${String(port)}`,
        keepaliveSeconds: 5,
        // The worker sends through the tunnel whatever it likes; the gateway takes only what is ours.
        allowedIps: [name === devices.workerTunnel ? '0.0.0.0/0' : benchNetwork],
      },
    ],
  };
}

function translation(rule: string): HostState['namespaces'][number]['tables'][number] {
  const hook = 'type nat hook postrouting priority srcnat; policy accept';
  return { name: 'segw_bench', isOwned: false, counters: [], sets: [], chains: [{ name: 'translate', hook, rules: [rule] }] };
}

function routeTo(destination: string, device: string): DeviceRoute {
  return { kind: 'device', destination, device, table: mainTable, metric: 0 };
}
