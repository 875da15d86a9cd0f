import { fabricSettings } from './fabric-settings.ts';

/** The table at the internet host that counts every packet by source, protocol and destination port, from `up` to `down`. */
export const internetTable = 'ip internet';

interface ServicePorts {
  readonly protocols: string;
  /** First and last. */
  readonly range: readonly [number, number];
  /** Where the server listens. */
  readonly port: number;
}

/** Whole ranges of ports lead to each service, so that every client has one of its own and is known by it in `sources`. */
export const internetServicePorts = [
  { protocols: '{ tcp, udp }', range: [20_000, 29_999], port: 7 },
  { protocols: 'tcp', range: [30_000, 39_999], port: 19 },
  { protocols: 'tcp', range: [40_000, 49_999], port: 9 },
] as const satisfies readonly ServicePorts[];

function translation({ protocols, range, port }: ServicePorts): string {
  const { internetAddress } = fabricSettings;
  return `    ip daddr ${internetAddress} meta l4proto ${protocols} th dport ${range.join('-')} dnat to ${internetAddress}:${String(port)}`;
}

/**
 * A private or shared source (RFC 1918, RFC 6598) that arrives here was not translated by anybody: `untranslated` must stay 0.
 * Timers and sizes: no element ever expires; 65,536 (source, protocol, port) triples are far more than a test run makes.
 */
export function internetRules(): string {
  return `table ${internetTable} {
  counter untranslated { }
  set sources { type ipv4_addr . inet_proto . inet_service; flags dynamic; size 65536; }
  set pings { type ipv4_addr; flags dynamic; size 65536; }
  chain arrivals {
    type filter hook prerouting priority raw; policy accept
    ip daddr != ${fabricSettings.internetAddress} return
    ip saddr { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 } counter name untranslated
    meta l4proto { tcp, udp } update @sources { ip saddr . meta l4proto . th dport counter }
    meta l4proto icmp update @pings { ip saddr counter }
  }
  chain services {
    type nat hook prerouting priority dstnat; policy accept
${internetServicePorts.map(translation).join('\n')}
  }
}
`;
}
