import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pollUntil } from '../../../../src/base/poll.ts';
import { connectInNetns } from '../../../../src/linux/netns-connection.ts';
import { createVeth } from '../../../../src/linux/netlink/links.ts';
import { openRouteSocket } from '../../../../src/linux/netlink/socket.ts';
import { inNetns } from '../../../../src/linux/netns.ts';
import { writeSysctl } from '../../../../src/linux/sysctl.ts';
import { runIn, type Namespaces } from '../../../privileged/linux/namespaces.ts';
import { patient } from '../../patience.ts';

/** Addresses of the internet host: each test has its own, so that a packet tells who sent it. All of them answer. */
export const internet = { network: '203.0.113', excludedNetwork: '192.0.2', network6: '2001:db8:1:' } as const;
/** What all of them lead to. */
export const serverAddress = '203.0.113.1';
const serverProgram = fileURLToPath(new URL('../../../../src/region/fabric/internet/server.ts', import.meta.url));

/** The ports of the internet host. */
export const ports = { echo: 7, upload: 9, download: 19 } as const;

/** Translates nothing, so that every source is seen at the internet host as it left the node. */
const fabricRules = `
table inet fabric {
  set cut { type ifname; }
  set sources { type ipv4_addr . ipv4_addr . inet_proto; flags dynamic; size 65536; counter; }
  set sources6 { type ipv6_addr . ipv6_addr . inet_proto; flags dynamic; size 65536; counter; }
  chain arrivals { type filter hook prerouting priority -350; policy accept; iifname @cut drop; }
  chain departures {
    type filter hook forward priority 350; policy accept
    oifname @cut drop
    oifname "internet" meta protocol ip update @sources { ip daddr . ip saddr . meta l4proto }
    oifname "internet" meta protocol ip6 update @sources6 { ip6 daddr . ip6 saddr . meta l4proto }
  }
}`;

const internetRules = `
table ip internet {
  chain services {
    type nat hook prerouting priority dstnat; policy accept
    meta l4proto { tcp, udp } ip daddr { ${internet.network}.0/24, ${internet.excludedNetwork}.0/24 } dnat to ${serverAddress}
  }
}`;

/** The virtual network and the internet behind it. */
export interface Fabric {
  /** Paths of the namespaces. */
  readonly router: string;
  readonly internet: string;
  /** Gives the namespace an `eth0` with this address; `prefixes` and the address itself lead there. */
  connect(name: string, netns: string, address: string, prefixes: readonly string[]): void;
  /** Drops silently whatever the node sends or is sent, until `join`. */
  cut(name: string): void;
  join(name: string): void;
  /** Packets that have left for this address of the internet host, by source. */
  sourcesOf(destination: string): Map<string, number>;
  /** Of these the ICMP packets. */
  icmpSourcesOf(destination: string): Map<string, number>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Its namespaces; nobody answers in the internet before `start`. */
export function openFabric(namespaces: Namespaces): Fabric {
  const router = namespaces.create('fabric');
  const host = namespaces.create('internet');
  joinInternet(router, host);
  loadRules(router, fabricRules);
  loadRules(host, internetRules);
  let server: ChildProcess | undefined;
  return {
    router,
    internet: host,
    connect: (name, netns, address, prefixes) => connect(router, { name, netns, address, prefixes }),
    cut: (name) => loadRules(router, `add element inet fabric cut { "${name}" }`),
    join: (name) => loadRules(router, `add element inet fabric cut { "${name}" }; delete element inet fabric cut { "${name}" }`),
    sourcesOf: (destination) => readSources(router, destination),
    icmpSourcesOf: (destination) => readSources(router, destination, 'icmp'),
    async start() {
      server = inNetns(host, () =>
        spawn(process.execPath, [serverProgram, serverAddress], { stdio: ['ignore', 'inherit', 'inherit'] }),
      );
      await pollUntil('an answer of the internet host', () => answers(host), { timeoutMs: patient(20_000), intervalMs: 20 });
    },
    async stop() {
      if (server?.exitCode !== null) return;
      server.kill();
      await once(server, 'exit');
    },
  };
}

function joinInternet(router: string, host: string): void {
  for (const netns of [router, host]) route(netns);
  plug(router, 'internet', host);
  configure(
    router,
    'address add 172.31.0.1/30 dev internet',
    'address add 2001:db8:ff::1/64 dev internet nodad',
    'link set internet up',
  );
  configure(
    host,
    'address add 172.31.0.2/30 dev eth0',
    `address add ${serverAddress}/32 dev eth0`,
    'address add 2001:db8:ff::2/64 dev eth0 nodad',
    'link set eth0 up',
    'route add default via 172.31.0.1',
    'route add ::/0 via 2001:db8:ff::1',
    `route add local ${internet.network}.0/24 dev lo`,
    `route add local ${internet.excludedNetwork}.0/24 dev lo`,
    `route add local ${internet.network6}:/64 dev lo`,
  );
  configure(
    router,
    `route add ${internet.network}.0/24 via 172.31.0.2`,
    `route add ${internet.excludedNetwork}.0/24 via 172.31.0.2`,
    `route add ${internet.network6}:/64 via 2001:db8:ff::2`,
  );
}

/** Lines of `ip -batch`. */
export function configure(netns: string, ...lines: readonly string[]): void {
  runWithInput(netns, 'ip', ['-batch', '-'], lines.join('\n'));
}

export function loadRules(netns: string, rules: string): void {
  runWithInput(netns, 'nft', ['-f', '-'], rules);
}

/** A veth pair: `name` here, `eth0` in the other namespace. */
export function plug(netns: string, name: string, other: string): void {
  inNetns(netns, () => {
    using socket = openRouteSocket();
    createVeth(socket, { name, isUp: true, peer: { name: 'eth0', netns: other } });
  });
}

/** As every node of a cluster does, with the kernel's own check of sources off: what it would drop, our rules have to. */
export function route(netns: string): void {
  const values = {
    'net.ipv4.ip_forward': 1,
    'net.ipv6.conf.all.forwarding': 1,
    'net.ipv4.conf.all.rp_filter': 0,
    'net.ipv4.conf.default.rp_filter': 0,
    'net.ipv4.conf.all.send_redirects': 0,
    'net.ipv4.conf.default.send_redirects': 0,
    'net.ipv4.icmp_ratelimit': 0,
  };
  for (const [name, value] of Object.entries(values)) writeSysctl(name, value, netns);
}

interface Connection {
  readonly name: string;
  readonly netns: string;
  readonly address: string;
  readonly prefixes: readonly string[];
}

function connect(router: string, { name, netns, address, prefixes }: Connection): void {
  const last = address.split('.').at(-1) ?? '';
  plug(router, name, netns);
  configure(router, `address add 10.224.0.1/32 dev ${name}`, `route add ${address} dev ${name}`);
  configure(
    router,
    `address add fd00:10:224::1/128 dev ${name} nodad`,
    `route add fd00:10:224::${last}/128 dev ${name}`,
    ...prefixes.map((prefix) => `route add ${prefix} via ${viaOf(prefix, address, last)} dev ${name} onlink`),
  );
  configure(
    netns,
    `address add ${address}/32 dev eth0`,
    `address add fd00:10:224::${last}/128 dev eth0 nodad`,
    'link set eth0 up',
    'route add 10.224.0.1 dev eth0',
    'route add default via 10.224.0.1',
    'route add fd00:10:224::1/128 dev eth0',
    'route add ::/0 via fd00:10:224::1',
  );
}

function viaOf(prefix: string, address: string, last: string): string {
  return prefix.includes(':') ? `fd00:10:224::${last}` : address;
}

async function answers(netns: string): Promise<true | undefined> {
  const socket = connectInNetns(netns, { from: serverAddress, address: serverAddress, port: ports.download });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

function readSources(router: string, destination: string, protocol?: string): Map<string, number> {
  const text = runIn(router, 'nft', 'list', 'set', 'inet', 'fabric', destination.includes(':') ? 'sources6' : 'sources');
  const element = /(?<to>[\da-f.:]+) \. (?<from>[\da-f.:]+) \. (?<by>\S+) counter packets (?<packets>\d+)/g;
  const sources = new Map<string, number>();
  for (const { groups } of text.matchAll(element)) {
    const { to, from = '', by, packets } = groups ?? {};
    if (to === destination && (protocol === undefined || by === protocol))
      sources.set(from, (sources.get(from) ?? 0) + Number(packets));
  }
  return sources;
}

function runWithInput(netns: string, command: string, args: readonly string[], input: string): void {
  inNetns(netns, () => execFileSync(command, args, { input, stdio: ['pipe', 'pipe', 'pipe'] }));
}
