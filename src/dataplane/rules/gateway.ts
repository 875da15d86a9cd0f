import type { Cidr } from '../../base/addresses.ts';
import { toIntervals } from '../intervals.ts';
import { isLabelOf, tunnelAddress } from '../labels.ts';
import type { GatewayInputs } from '../model.ts';
import { counter, intervalSet, openingSet, type NftChain, type NftSet, type NftTable } from '../nft/table.ts';
import type { DataplaneSettings } from '../settings.ts';

/** Mark of the packets that the gateway itself sends: resets and ICMP errors. Of no meaning outside its namespace. */
const ownMark = '0x1';

/** The table in the gateway's own namespace: lets authorised labels out, each by its egress address. Source: reference, section 3. */
export function gatewayTable(inputs: GatewayInputs, settings: DataplaneSettings): NftTable {
  return {
    name: settings.table,
    isOwned: false,
    counters: ['unauth', 'badsrc', 'midstream', 'inbound'].map(counter),
    sets: gatewaySets(inputs, settings),
    chains: [...entryChains(settings), ...forwardChains(settings), ...hostChains(settings), ...sourceChains(settings)],
  };
}

function gatewaySets(inputs: GatewayInputs, settings: DataplaneSettings): NftSet[] {
  const authorised = authorisedLabels(inputs);
  const labels = authorised.map(([key]) => ({ key }));
  const translations = authorised.map(([key, value]) => ({ key, value }));
  const pairs = authorised.map(([label, egress]) => ({ key: `${label} . ${egress}` }));
  const addresses = inputs.egress.map(({ address }) => ({ key: address }));
  const tunnels = inputs.workers.map(({ block }) => ({ key: tunnelAddress(block) }));
  return [
    openingSet('labels', 'type ipv4_addr', labels),
    openingSet('addrs', 'type ipv4_addr', addresses),
    openingSet('tuns', 'type ipv4_addr', tunnels),
    openingSet('egress', 'type ipv4_addr : ipv4_addr', translations),
    openingSet('pair', 'type ipv4_addr . ipv4_addr', pairs),
    intervalSet('never', 'type ipv4_addr', toIntervals(neverReached(inputs, settings))),
  ];
}

/** Label and egress address. A label counts only inside its worker's own block, and while its SGC has an egress address here. */
function authorisedLabels({ workers, egress }: GatewayInputs): [label: string, egress: string][] {
  const addressOf = new Map(egress.map(({ sgc, address }) => [sgc, address]));
  const authorised = new Map<string, string>();
  for (const { block, labels } of workers) {
    for (const { address: label, sgc } of labels) {
      const address = addressOf.get(sgc);
      if (address !== undefined && isLabelOf(block, label)) authorised.set(label, address);
    }
  }
  return [...authorised];
}

function neverReached({ nodeAddress }: GatewayInputs, { labelRange }: DataplaneSettings): Cidr[] {
  return [
    { address: '127.0.0.0', prefixLength: 8 },
    { address: '169.254.0.0', prefixLength: 16 },
    { address: '168.63.129.16', prefixLength: 32 },
    labelRange,
    { address: '224.0.0.0', prefixLength: 3 },
    { address: nodeAddress, prefixLength: 32 },
  ];
}

/** What comes out of a tunnel is checked before conntrack sees it. */
function entryChains({ gatewayDevice, probeAddress, probePort }: DataplaneSettings): NftChain[] {
  const from = `iifname "${gatewayDevice}"`;
  return [
    {
      name: 'raw',
      hook: 'type filter hook prerouting priority raw; policy accept',
      rules: [
        `${from} ip daddr ${probeAddress} ip saddr @tuns udp dport ${String(probePort)} accept`,
        `${from} ip saddr != @labels counter name unauth drop`,
        `${from} ip daddr @never counter name unauth drop`,
      ],
    },
  ];
}

function forwardChains({ gatewayDevice, namespaceVeth }: DataplaneSettings): NftChain[] {
  const tunnel = `"${gatewayDevice}"`;
  const outside = `"${namespaceVeth.name}"`;
  return [
    {
      name: 'forward',
      hook: 'type filter hook forward priority filter; policy drop',
      rules: [
        `iifname ${tunnel} oifname ${outside} goto out`,
        `iifname ${outside} oifname ${tunnel} ct direction reply ct state established,related accept`,
        'counter name inbound',
      ],
    },
    {
      // A gateway that does not know a connection ends it with a reset: nothing strange reaches the server.
      name: 'out',
      rules: [
        'meta l4proto tcp ct state invalid counter name midstream reject with tcp reset',
        'meta l4proto tcp ct state new tcp flags & (fin | syn | rst | ack) != syn counter name midstream reject with tcp reset',
        'ct state invalid counter name midstream drop',
        'accept',
      ],
    },
  ];
}

/** What is addressed to the gateway itself, and what it sends itself. */
function hostChains({ gatewayDevice, namespaceVeth, probePort }: DataplaneSettings): NftChain[] {
  const late = `iifname "${namespaceVeth.name}" ip daddr @addrs meta l4proto tcp tcp flags & (syn | rst) == 0`;
  return [
    {
      name: 'input',
      hook: 'type filter hook input priority filter; policy drop',
      rules: [
        'iifname "lo" accept',
        `iifname "${gatewayDevice}" udp dport ${String(probePort)} accept`,
        'ct state established,related accept',
        `${late} counter name inbound reject with tcp reset`,
        'counter name inbound',
      ],
    },
    { name: 'output', hook: 'type filter hook output priority filter; policy accept', rules: [`meta mark set ${ownMark}`] },
  ];
}

function sourceChains({ gatewayDevice, namespaceVeth }: DataplaneSettings): NftChain[] {
  const to = `oifname "${namespaceVeth.name}"`;
  return [
    {
      name: 'translate',
      hook: 'type nat hook postrouting priority srcnat; policy accept',
      rules: [`iifname "${gatewayDevice}" ${to} snat ip to ip saddr map @egress`],
    },
    {
      name: 'srcguard',
      hook: 'type filter hook postrouting priority srcnat + 200; policy accept',
      rules: [
        `${to} ct original ip saddr . ip saddr @pair accept`,
        `${to} meta mark ${ownMark} ip saddr @addrs accept`,
        `${to} counter name badsrc drop`,
      ],
    },
  ];
}
