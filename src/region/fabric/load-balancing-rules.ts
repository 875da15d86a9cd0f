import { portDevice } from './fabric-settings.ts';
import type { LoadBalancingState, PortState, VirtualNetworkState } from './network-state.ts';

/** Connection mark of what reaches its backend with its destination unchanged; the router has no other marks. */
export const floatingMark = '0x1';

/**
 * Load balancing at the router. A new connection is translated to a backend out of a hash of its client (address and port, or address
 * only); conntrack keeps it there. With a floating IP the translation only chooses the route: behind it the destination is written
 * back, and the source of replies is written over before conntrack sees them, so that the backend sees and answers as the frontend.
 */
export function loadBalancingRules({ loadBalancing = [] }: VirtualNetworkState): string {
  return loadBalancing.map(balancingRule).join('');
}

function balancingRule(rule: LoadBalancingState): string {
  const { address, isPublic, protocol, port, backendPort, keepsDestination, byAddressOnly, backends } = rule;
  const place = isPublic ? 'iifname "uplink" ' : '';
  const match = `${place}ip daddr ${address} ${protocol} dport ${String(port)}`;
  if (backends.length === 0) return `    ${match} drop\n`;
  const client = byAddressOnly ? 'ip saddr' : `ip saddr . ${protocol} sport`;
  const choice = backends.map((backend, index) => `${String(index)} : ${backend}`).join(', ');
  const mark = keepsDestination ? `ct mark set ${floatingMark} ` : '';
  return `    ${match} ${mark}dnat ip to jhash ${client} mod ${String(backends.length)} map { ${choice} } : ${String(backendPort)}\n`;
}

export function floatingAddresses({ loadBalancing = [] }: VirtualNetworkState): readonly string[] {
  return loadBalancing.filter(({ keepsDestination }) => keepsDestination).map(({ address }) => address);
}

/** Device of a port, and its primary address. */
export function portAddresses({ ports }: VirtualNetworkState): readonly string[] {
  return ports.filter(({ isConnected }) => isConnected).map((port) => `"${portDevice(primaryOf(port))}" : ${primaryOf(port)}`);
}

function primaryOf({ addresses }: PortState): string {
  return addresses[0] ?? '';
}
