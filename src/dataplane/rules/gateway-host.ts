import type { GatewayInputs } from '../model.ts';
import { counter, openingSet, type NftTable } from '../nft/table.ts';
import type { DataplaneSettings } from '../settings.ts';

/**
 * The table in the gateway's host namespace. Egress traffic is not tracked there: a CNI that masquerades every foreign source would
 * turn all of it into the node's address. Nothing but egress addresses and the uplink meets the pair. Source: reference, section 3.
 */
export function gatewayHostTable({ uplink, egress }: GatewayInputs, settings: DataplaneSettings): NftTable {
  const pair = `"${settings.hostVeth.name}"`;
  const port = String(settings.gatewayPort);
  return {
    name: settings.table,
    isOwned: false,
    counters: [counter('guard')],
    sets: [
      openingSet(
        'addrs',
        'type ipv4_addr',
        egress.map(({ address }) => ({ key: address })),
      ),
    ],
    chains: [
      {
        name: 'raw',
        hook: 'type filter hook prerouting priority raw; policy accept',
        rules: [`iifname ${pair} notrack`, 'ip daddr @addrs notrack', `udp dport ${port} fib daddr type local notrack`],
      },
      { name: 'rawout', hook: 'type filter hook output priority raw; policy accept', rules: [`udp sport ${port} notrack`] },
      {
        name: 'forward',
        hook: 'type filter hook forward priority filter - 10; policy accept',
        rules: [
          `iifname ${pair} ip saddr @addrs oifname "${uplink}" accept`,
          `iifname ${pair} counter name guard drop`,
          `oifname ${pair} iifname "${uplink}" ip daddr @addrs accept`,
          `oifname ${pair} counter name guard drop`,
        ],
      },
      {
        name: 'input',
        hook: 'type filter hook input priority filter - 10; policy accept',
        rules: [`iifname ${pair} counter name guard drop`],
      },
    ],
  };
}
