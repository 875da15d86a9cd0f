import { formatCidr, type Cidr } from '../../base/addresses.ts';
import { fabricSettings } from './fabric-settings.ts';
import { floatingAddresses, floatingMark, loadBalancingRules, portAddresses } from './load-balancing-rules.ts';
import type { VirtualNetworkState } from './network-state.ts';

/**
 * The edge of a virtual network, one transaction: an instance-level public address wins over an outbound rule, as on Azure. A source
 * that has neither and is no address of the subnets (a pod's, a label's) passes as it is, so that the internet host can count it; an
 * address of the subnets without a way out is dropped, as in a private subnet. Conntrack translates no packet of a connection that it does
 * not know, such as the reset of one that has ended: an instance-level address is translated all the same, since Azure keeps no state for
 * it; with an outbound rule there is no port to leave by. What comes from outside and is for nobody in here is
 * dropped, too: the route to the core would send it in circles.
 */
export function routerRules(network: VirtualNetworkState): string {
  const { subnets, publicAddresses, outbound } = network;
  const instance = publicAddresses.map(({ privateAddress, publicAddress }) => `${privateAddress} : ${publicAddress}`);
  const inbound = publicAddresses.map(({ privateAddress, publicAddress }) => `${publicAddress} : ${privateAddress}`);
  const shared = outbound.map(({ privateAddress, publicAddress }) => `${privateAddress} : ${publicAddress}`);
  const onPremises = formatCidr(fabricSettings.onPremisesNetwork);
  return `add table ip fabric
delete table ip fabric
table ip fabric {
  counter no_way_out { }
  set subnets { type ipv4_addr; flags interval; ${elements(subnets.map((subnet: Cidr) => formatCidr(subnet)))} }
  set ways_out { type ipv4_addr; ${elements([...publicAddresses, ...outbound].map(({ privateAddress }) => privateAddress))} }
  map instance { type ipv4_addr : ipv4_addr; ${elements(instance)} }
  map inbound { type ipv4_addr : ipv4_addr; ${elements(inbound)} }
  map outbound { type ipv4_addr : ipv4_addr; ${elements(shared)} }
  set floating { type ipv4_addr; ${elements(floatingAddresses(network))} }
  map port_address { type ifname : ipv4_addr; ${elements(portAddresses(network))} }
  chain forward {
    type filter hook forward priority filter; policy accept
    iifname "uplink" oifname "uplink" drop
    oifname "lo" drop
    oifname "uplink" ip daddr != ${onPremises} ip saddr @subnets ip saddr != @ways_out counter name no_way_out drop
  }
  chain floating_replies {
    type filter hook prerouting priority raw; policy accept
    ip saddr @floating ip saddr set iifname map @port_address
  }
  chain inwards {
    type nat hook prerouting priority dstnat; policy accept
    iifname "uplink" dnat ip to ip daddr map @inbound
${loadBalancingRules(network)}  }
  chain floating_destinations {
    type filter hook postrouting priority srcnat + 10; policy accept
    ct direction original ct mark ${floatingMark} ip daddr set ct original ip daddr
  }
  chain outwards {
    type nat hook postrouting priority srcnat; policy accept
    oifname "uplink" ip daddr ${onPremises} accept
    oifname "uplink" snat ip to ip saddr map @instance
    oifname "uplink" snat ip to ip saddr map @outbound
  }
  chain outwards_of_no_connection {
    type filter hook postrouting priority srcnat + 20; policy accept
    oifname "uplink" ip daddr ${onPremises} accept
    oifname "uplink" ip saddr set ip saddr map @instance
    oifname "uplink" ip saddr @ways_out counter name no_way_out drop
  }
}
`;
}

/** `elements = { a, b }`, or nothing: nft refuses an empty list. */
function elements(values: readonly string[]): string {
  const unique = [...new Set(values)].sort();
  return unique.length === 0 ? '' : `elements = { ${unique.join(', ')} };`;
}
