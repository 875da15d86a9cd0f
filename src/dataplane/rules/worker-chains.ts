import { formatCidr } from '../../base/addresses.ts';
import { tunnelAddress } from '../labels.ts';
import type { WorkerInputs } from '../model.ts';
import type { NftChain } from '../nft/table.ts';
import { tunnelMtu, workerPort, type DataplaneSettings } from '../settings.ts';
import type { SteeredSgc, Steering } from '../steering.ts';
import { isExcluded } from './destinations.ts';
import { connectionMark, hex, setMark } from './marks.ts';

export function workerChains(inputs: WorkerInputs, steering: Steering, settings: DataplaneSettings): NftChain[] {
  return [
    ...steering.gateways.flatMap(({ gateway }) => gatewayChains(gateway.number, settings)),
    ...steering.sgcs.flatMap((sgc) => sgcChains(sgc, settings)),
    ...refusingChains,
    // Whatever of its old connections no tunnel takes any more.
    { name: 'guard_detaching', rules: [`${connectionMark(settings)} != 0 goto refuse`, 'accept'] },
    ...rawChains(inputs, settings),
    ...steeringChains(settings),
    ...forwardChains(inputs, settings),
    ...sourceChains(inputs, settings),
  ];
}

function gatewayChains(gateway: number, settings: DataplaneSettings): NftChain[] {
  const name = String(gateway);
  return [
    { name: `pin_${name}`, rules: [setMark('ct', gateway, settings)] },
    { name: `via_${name}`, rules: [setMark('meta', gateway, settings)] },
    {
      // For the mark of a dead gateway whose survivor this is. UDP, ICMP and SYNs that still wait are the survivor's from now on.
      name: `moved_${name}`,
      rules: [
        'meta l4proto tcp tcp flags & (fin | syn | rst | ack) != syn counter name moved reject with tcp reset',
        setMark('ct', gateway, settings),
        `goto via_${name}`,
      ],
    },
  ];
}

function sgcChains(sgc: SteeredSgc, { spreadSlots }: DataplaneSettings): NftChain[] {
  const { name } = sgc;
  const excluded = isExcluded(sgc);
  return [
    // Elements alone decide how an SGC spreads: a pod of one that takes turns is not in the first map.
    { name: `pick_${name}`, rules: ['ip saddr vmap @gateway', `numgen inc mod ${String(spreadSlots)} vmap @spread_${name}`] },
    { name: `want_${name}`, rules: ['ip daddr @cluster4 return', `${excluded} return`, `goto pick_${name}`] },
    { name: `guard_${name}`, rules: ['ip daddr @cluster4 accept', `${excluded} accept`, 'goto refuse'] },
    { name: `stray_${name}`, rules: ['ip daddr @cluster4 goto refuse', `${excluded} goto refuse`] },
  ];
}

const refusingChains: readonly NftChain[] = [
  { name: 'lost', rules: ['meta l4proto tcp counter name moved reject with tcp reset'] },
  {
    // An answer for everybody who can hear one. Not host-unreachable: UDP sockets are not told.
    name: 'refuse',
    rules: [
      'meta l4proto tcp counter name refused reject with tcp reset',
      'meta l4proto icmp counter name refused drop',
      'counter name refused reject with icmpx admin-prohibited',
    ],
  },
  { name: 'guard_held', rules: ['ip daddr @cluster4 accept', 'goto refuse'] },
];

/** Before conntrack: a forged packet must neither match nor make somebody's connection. */
function rawChains({ block }: WorkerInputs, settings: DataplaneSettings): NftChain[] {
  const ours = `${String(settings.workerPortBase)}-${String(workerPort(settings, settings.kickMark))}`;
  const theirs = String(settings.gatewayPort);
  return [
    {
      name: 'raw',
      hook: 'type filter hook prerouting priority raw; policy accept',
      rules: [
        // Of the tunnels themselves: a pod may use the same ports for its own.
        `udp dport ${ours} udp sport ${theirs} fib daddr type local notrack`,
        `iifname != ${tunnels(settings)} ip saddr ${formatCidr(block)} counter name spoof drop`,
        `iifname != ${tunnels(settings)} ip daddr ${formatCidr(block)} counter name spoof drop`,
        'ip saddr @pods iifname . ip saddr != @podif counter name spoof drop',
        'iifname @veths meta protocol ip iifname . ip saddr != @podif counter name spoof drop',
      ],
    },
    {
      name: 'rawout',
      hook: 'type filter hook output priority raw; policy accept',
      rules: [`udp sport ${ours} udp dport ${theirs} notrack`, `meta mark ${hex(settings.kickMark)} notrack`],
    },
  ];
}

/** After kube-proxy's translation, so that a service with backends in the cluster is not steered and one with backends outside is. */
function steeringChains(settings: DataplaneSettings): NftChain[] {
  const mark = connectionMark(settings);
  return [
    {
      name: 'steer',
      hook: 'type filter hook prerouting priority dstnat + 10; policy accept',
      rules: [
        'iifname @veths ct direction original goto steer_pod',
        `ip daddr @pods iifname != ${tunnels(settings)} fib saddr . iif oif 0 counter name rpf drop`,
      ],
    },
    {
      // An unanswered UDP flow stays new for each of its packets: only the one without a mark may pick.
      name: 'steer_pod',
      rules: [`ct state new ${mark} == 0 iifname vmap @want`, `${mark} vmap @act`],
    },
  ];
}

function forwardChains({ uplinkMtu }: WorkerInputs, settings: DataplaneSettings): NftChain[] {
  const clamp = `tcp flags & (syn | rst) == syn tcp option maxseg size set ${String(tunnelMtu(settings, uplinkMtu) - settings.tcpHeaders)}`;
  const from = `iifname ${tunnels(settings)}`;
  const to = `oifname ${tunnels(settings)}`;
  const isReply = 'ct direction reply ct state established,related';
  return [
    {
      name: 'forward',
      hook: 'type filter hook forward priority filter - 10; policy accept',
      rules: [`${from} goto from_tunnel`, 'iifname @veths goto from_pod', `${to} counter name badsrc drop`],
    },
    { name: 'from_tunnel', rules: [clamp, `oifname @veths ${isReply} accept`, 'counter name fromtun drop'] },
    {
      name: 'from_pod',
      rules: [
        'meta protocol ip6 goto from_pod6',
        // A pod speaks of its own connections only: an ICMP error may be about anybody's, and would leave as that one's.
        `iifname . ct reply ip saddr @podif ${isReply} accept`,
        'ct direction original iifname . ct original ip saddr != @podif goto refuse',
        `${to} ${clamp}`,
        // A connection translated to another label belongs to the SGC that the pod had before.
        `${to} ct state established,related ct original ip saddr . ct reply ip daddr != @pair goto refuse`,
        // One that would leave directly if it began now belongs to networks that the SGC had before.
        `${to} iifname vmap @stray`,
        `${to} ct direction original ${connectionMark(settings)} != 0 accept`,
        'iifname vmap @guard',
        'goto refuse',
      ],
    },
    {
      name: 'from_pod6',
      rules: [
        'ct direction reply ct state established accept',
        'ip6 daddr @cluster6 accept',
        'counter name v6 reject with icmpx admin-prohibited',
      ],
    },
    {
      name: 'input',
      hook: 'type filter hook input priority filter - 10; policy accept',
      rules: [`${from} ${isReply} accept`, `${from} counter name fromtun drop`],
    },
  ];
}

function sourceChains({ block }: WorkerInputs, settings: DataplaneSettings): NftChain[] {
  const to = `oifname ${tunnels(settings)}`;
  const probe = `ip saddr ${tunnelAddress(block)} ip daddr ${settings.probeAddress} udp dport ${String(settings.probePort)}`;
  return [
    {
      // Before everybody's masquerade: the first translation of a connection is its only one.
      name: 'translate',
      hook: 'type nat hook postrouting priority srcnat - 50; policy accept',
      rules: [`iifname @veths ${to} snat ip to ip saddr map @label`],
    },
    {
      // After every translation.
      name: 'srcguard',
      hook: 'type filter hook postrouting priority srcnat + 200; policy accept',
      rules: [
        `${to} ct original ip saddr . ip saddr @pair accept`,
        `${to} ${probe} accept`,
        `${to} counter name badsrc drop`,
        `ip saddr ${formatCidr(block)} counter name badsrc drop`,
        `ct direction original ${connectionMark(settings)} != 0 counter name badsrc drop`,
        // What conntrack does not follow has no mark, and nobody translates it.
        'iifname @veths ct state invalid,untracked ip daddr != @cluster4 counter name badsrc drop',
      ],
    },
  ];
}

function tunnels({ workerDevicePrefix }: DataplaneSettings): string {
  return `"${workerDevicePrefix}*"`;
}
