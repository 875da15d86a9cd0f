import { internet } from './fabric.ts';

interface Services {
  /** The pod behind the node ports. */
  readonly nodePortBackend: string;
}

/** A pod on the other worker that does not use a gateway, and addresses of services. */
export const services = {
  /** Its backend is a pod. */
  inside: { address: '10.96.0.10', backend: '10.244.2.9' },
  /** Their backend is the internet host; the second is masqueraded by kube-proxy. */
  outside: { address: '10.96.0.11', backend: `${internet.network}.251` },
  masqueraded: { address: '10.96.0.12', backend: `${internet.network}.252` },
} as const;

/** With the client's address masqueraded, and with it kept. */
export const nodePorts = { masqueraded: 30_080, kept: 30_081 } as const;

/**
 * What others write on every node: kube-proxy in nftables mode, and a CNI that masquerades whatever leaves the cluster, also what comes
 * from elsewhere.
 */
export function foreignRules({ nodePortBackend }: Services): string {
  const { inside, outside, masqueraded } = services;
  const clusterIps = [inside, outside, masqueraded].map(({ address, backend }) => `ip daddr ${address} dnat to ${backend}`);
  return `
table ip kube-proxy
delete table ip kube-proxy
table ip kube-proxy {
  chain services {
    ip daddr ${masqueraded.address} meta mark set mark or 0x4000
    ${clusterIps.join('\n    ')}
    fib daddr type local th dport ${String(nodePorts.masqueraded)} meta mark set mark or 0x4000
    fib daddr type local meta l4proto { tcp, udp } th dport { ${Object.values(nodePorts).join(', ')} } dnat to ${nodePortBackend}:7
  }
  chain prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }
  chain output { type nat hook output priority -100; policy accept; jump services; }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept
    meta mark & 0x4000 == 0 return
    meta mark set mark xor 0x4000
    masquerade fully-random
  }
}
table ip masquerade-agent
delete table ip masquerade-agent
table ip masquerade-agent {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept
    oifname "eth0" ip daddr != { 10.224.0.0/16, 10.244.0.0/16, 10.96.0.0/16 } masquerade
  }
}`;
}
