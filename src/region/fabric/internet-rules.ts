import { fabricSettings } from './fabric-settings.ts';

/** The table at the internet host that counts every packet by source, protocol and destination port, from `up` to `down`. */
export const internetTable = 'ip internet';

/**
 * A private or shared source (RFC 1918, RFC 6598) that arrives here was not translated by anybody: `untranslated` must stay 0.
 * Timers and sizes: no element ever expires; 65,536 (source, protocol, port) triples are far more than a test run makes.
 */
export function internetRules(): string {
  return `table ${internetTable} {
  counter untranslated { }
  set sources { type ipv4_addr . inet_proto . inet_service; flags dynamic; size 65536; }
  set pings { type ipv4_addr; flags dynamic; size 65536; }
  chain input {
    type filter hook input priority raw; policy accept
    ip daddr != ${fabricSettings.internetAddress} return
    ip saddr { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 } counter name untranslated
    meta l4proto { tcp, udp } update @sources { ip saddr . meta l4proto . th dport counter }
    meta l4proto icmp update @pings { ip saddr counter }
  }
}
`;
}
