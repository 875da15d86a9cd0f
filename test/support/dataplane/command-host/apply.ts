import { existsSync, rmSync } from 'node:fs';
import { pollUntil } from '../../../../src/base/poll.ts';
import type { Secret } from '../../../../src/base/secret.ts';
import type { Address, Link, Route, Rule } from '../../../../src/dataplane/host-state.ts';
import type { FlowFilter, Step, StepByKind } from '../../../../src/dataplane/step.ts';
import type { TunnelHost } from '../../../../src/linux/host/userspace-wireguard.ts';
import { command } from './command.ts';
import type { CommandTables } from './command-tables.ts';
import type { CommandWireguard } from './command-wireguard.ts';
import { listAddresses } from './observe.ts';

export interface Appliers {
  readonly pathOf: (namespace: string) => string;
  readonly tables: CommandTables;
  readonly wireguard: CommandWireguard;
  /** Who runs wireguard-go; absent where the kernel has WireGuard. */
  readonly tunnels?: TunnelHost;
  readonly privateKey: Secret;
}

type Effect<S extends Step> = (step: S, appliers: Appliers & { readonly netns: string }) => Promise<void> | void;

const gone = { tolerate: /Cannot find device|No such|Cannot assign requested address|not found|does not exist/u };

const effects: { readonly [Kind in keyof StepByKind]: Effect<StepByKind[Kind]> } = {
  'ensure-namespace': (_step, { netns }) => {
    if (existsSync(netns)) return;
    command('/proc/self/ns/net', ['sh', '-c', `touch ${netns} && unshare --net=${netns} ip link set lo up`]);
  },
  'remove-namespace': async (_step, { netns, tunnels }) => {
    if (!existsSync(netns)) return;
    const names = command(netns, ['ip', '-o', 'link']).matchAll(/^\d+: ([^:@]+)/gmu);
    for (const [, name = ''] of names) if (name !== 'lo') await removeLink(netns, name, tunnels);
    command('/proc/self/ns/net', ['umount', '--lazy', netns]);
    rmSync(netns);
  },
  nft: ({ transaction }, { tables, netns }) => tables.apply(netns, transaction),
  'create-link': ({ link }, appliers) => createLink(link, appliers),
  'remove-link': ({ name }, { netns, tunnels }) => removeLink(netns, name, tunnels),
  'set-link': ({ name, mtu, isUp }, { netns }) =>
    void command(netns, ['ip', 'link', 'set', name, 'mtu', String(mtu), isUp ? 'up' : 'down']),
  'configure-wireguard': (step, { netns, wireguard, privateKey }) => wireguard.configure(netns, step, privateKey),
  'ensure-sysctl': ({ sysctl: { key, value } }, { netns }) =>
    void command(netns, ['sh', '-c', `file=/proc/sys/${key.split('.').join('/')}; [ ! -e $file ] || echo ${value} >$file`]),
  'ensure-address': ({ address }, { netns }) => void command(netns, ['ip', 'address', 'replace', ...addressWords(address)]),
  'remove-address': ({ address }, { netns }) => removeAddress(netns, address),
  'ensure-neighbour': ({ neighbour: { address, mac, device } }, { netns }) =>
    void command(netns, ['ip', 'neighbour', 'replace', address, 'lladdr', mac, 'dev', device, 'nud', 'permanent']),
  'remove-neighbour': ({ neighbour: { address, device } }, { netns }) =>
    void command(netns, ['ip', 'neighbour', 'delete', address, 'dev', device], gone),
  'ensure-route': ({ route }, { netns }) =>
    void command(netns, ['ip', 'route', 'replace', ...routeWords(route), 'protocol', 'kernel']),
  // Whatever its type is: what goes nowhere counts as unreachable.
  'remove-route': ({ route }, { netns }) =>
    void command(netns, ['ip', 'route', 'delete', ...routeWords(route).filter((word) => word !== 'unreachable')], gone),
  'ensure-rule': ({ rule }, { netns }) =>
    void command(netns, ['ip', 'rule', 'add', ...ruleWords(rule), 'protocol', 'kernel'], { tolerate: /File exists/u }),
  'remove-rule': ({ rule }, { netns }) => void command(netns, ['ip', 'rule', 'delete', ...ruleWords(rule)], gone),
  'forget-flows': ({ flows }, { netns }) => forgetFlows(netns, flows),
  kick: (_step, { netns }) => requireNoFlows(netns),
  'settle-flows': (_step, { netns }) => requireNoFlows(netns),
};

export async function applyByCommand(step: Step, appliers: Appliers): Promise<void> {
  await effectOf(step.kind)(step, { ...appliers, netns: appliers.pathOf(step.namespace) });
}

function effectOf<Kind extends keyof StepByKind>(kind: Kind): Effect<StepByKind[Kind]> {
  return effects[kind];
}

async function createLink(link: Link, { netns, pathOf, tunnels, wireguard }: Parameters<Effect<Step>>[1]): Promise<void> {
  const host = pathOf('host');
  if (link.kind === 'veth') {
    const { name, netns: peerNetns } = { name: link.peer.name, netns: pathOf(link.peer.namespace) };
    const peer = ['peer', 'name', name, 'address', link.peer.mac, 'netns', peerNetns];
    command(netns, ['ip', 'link', 'add', link.name, 'address', link.mac, 'type', 'veth', ...peer]);
  } else if (!tunnels) {
    command(host, ['ip', 'link', 'add', link.name, 'netns', netns, 'type', 'wireguard']);
  } else {
    await tunnels.ensure(link.name);
    const isThere = (): boolean => command(host, ['ip', 'link', 'show', link.name], gone) !== '';
    await pollUntil(
      `an answer of link ${link.name}`,
      async () => (isThere() && (await wireguard.read(host, link.name)) !== undefined) || undefined,
      { timeoutMs: 10_000, intervalMs: 20 },
    );
    if (netns !== host) command(host, ['ip', 'link', 'set', link.name, 'netns', netns]);
  }
}

async function removeLink(netns: string, name: string, tunnels: TunnelHost | undefined): Promise<void> {
  await tunnels?.remove(name);
  command(netns, ['ip', 'link', 'delete', name], gone);
}

/** With a device's last address the kernel takes its routes and neighbours away: they are put back, direct routes first. */
function removeAddress(netns: string, address: Address): void {
  const { device } = address;
  const list = (what: string): string[] =>
    command(netns, ['ip', '-4', ...what.split(' '), 'dev', device])
      .split('\n')
      .filter(Boolean);
  const routes = list('route show table all').filter((line) => !/table local|proto kernel scope link src/u.test(line));
  const neighbours = list('neighbour show nud permanent');
  command(netns, ['ip', 'address', 'delete', ...addressWords(address)], gone);
  if (listAddresses(netns).some((each) => each.device === device)) return;
  const isUp = command(netns, ['ip', 'link', 'show', device, 'up']) !== '';
  if (!isUp) return;
  for (const line of routes.toSorted((a, b) => Number(a.includes(' via ')) - Number(b.includes(' via '))))
    command(netns, ['ip', 'route', 'replace', ...line.trim().split(/\s+/u), 'dev', device]);
  for (const line of neighbours) {
    const [to = '', , mac = ''] = line.split(' ');
    command(netns, ['ip', 'neighbour', 'replace', to, 'lladdr', mac, 'dev', device, 'nud', 'permanent']);
  }
}

function addressWords({ address, prefixLength, device }: Address): string[] {
  return [`${address}/${String(prefixLength)}`, 'dev', device];
}

function routeWords(route: Route): string[] {
  const where = ['table', String(route.table), ...(route.metric === 0 ? [] : ['metric', String(route.metric)])];
  if (route.kind === 'unreachable') return ['unreachable', route.destination, ...where];
  return [route.destination, ...(route.via === undefined ? [] : ['via', route.via]), 'dev', route.device, ...where];
}

function ruleWords({ preference, mark, mask, table }: Rule): string[] {
  return ['pref', String(preference), 'fwmark', `${String(mark)}/${String(mask)}`, 'lookup', String(table)];
}

function forgetFlows(netns: string, { source, mark, protocols }: FlowFilter): void {
  const filter = [
    ...(source === undefined ? [] : ['--orig-src', source]),
    ...(mark === undefined ? [] : ['--mark', `${String(mark.value)}/${String(mark.mask)}`]),
  ];
  const none = { tolerate: /0 flow entries/u };
  if (protocols !== 'other-than-tcp') {
    command(netns, ['conntrack', '-D', ...filter, ...(protocols === 'tcp' ? ['-p', 'tcp'] : [])], none);
    return;
  }
  const lines = command(netns, ['conntrack', '-L', ...filter], none)
    .split('\n')
    .filter(Boolean);
  const others = new Set(lines.map((line) => line.split(' ')[0] ?? '').filter((name) => name !== 'tcp'));
  for (const name of others) command(netns, ['conntrack', '-D', ...filter, '-p', name], none);
}

/** No command wakes the sockets at the ends of connections. */
function requireNoFlows(netns: string): void {
  if (command(netns, ['conntrack', '-C']).trim() !== '0') throw new Error('no command kicks connections');
}
