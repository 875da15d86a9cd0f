import {
  renderAddress,
  renderLinkIdentity,
  renderNeighbour,
  renderPeer,
  renderRoute,
  renderRule,
  renderSysctl,
} from './render.ts';
import { renderTransaction } from './nft/transaction.ts';
import type { PodWay } from './pod-way.ts';
import type { FlowFilter, Step, StepByKind } from './step.ts';

type Describe<S extends Step> = (step: S) => string;

const descriptions: { readonly [Kind in keyof StepByKind]: Describe<StepByKind[Kind]> } = {
  'ensure-namespace': () => 'add namespace',
  'remove-namespace': () => 'remove namespace',
  nft: ({ transaction }) =>
    transaction.kind === 'rewrite'
      ? `nft rewrite table inet ${transaction.table.name}`
      : `nft ${renderTransaction(transaction).trimEnd()}`,
  'create-link': ({ link }) => `create link ${link.name} ${renderLinkIdentity(link)}`,
  'remove-link': ({ name }) => `remove link ${name}`,
  'set-link': ({ name, mtu, isUp }) => `set link ${name} mtu ${String(mtu)} ${isUp ? 'up' : 'down'}`,
  'configure-wireguard': ({ device, publicKey, listenPort, removedPeers, peers }) =>
    [
      `wireguard ${device} public-key ${publicKey} listen-port ${String(listenPort)}`,
      ...removedPeers.map((peer) => `remove peer ${peer}`),
      ...peers.map(renderPeer),
    ].join('\n'),
  'ensure-sysctl': ({ sysctl }) => `set ${renderSysctl(sysctl)}`,
  'ensure-address': ({ address }) => `add ${renderAddress(address)}`,
  'remove-address': ({ address }) => `remove ${renderAddress(address)}`,
  'ensure-neighbour': ({ neighbour }) => `replace ${renderNeighbour(neighbour)}`,
  'remove-neighbour': ({ neighbour }) => `remove ${renderNeighbour(neighbour)}`,
  'ensure-route': ({ route }) => `replace ${renderRoute(route)}`,
  'remove-route': ({ route }) => `remove ${renderRoute(route)}`,
  'ensure-rule': ({ rule }) => `add ${renderRule(rule)}`,
  'remove-rule': ({ rule }) => `remove ${renderRule(rule)}`,
  'forget-flows': ({ flows }) => `forget flows ${describeFlows(flows)}`,
  kick: ({ flows }) => `kick ${describeFlows(flows)}`,
  'settle-flows': ({ pods }) =>
    ['settle flows', ...pods.map(({ address, way }) => `${address} ${describeWay(way)}`)].join(pods.length === 1 ? ' of ' : '\n'),
};

/** A step in words, for logs, errors and scenarios: its first line says what, further lines (indented) the rest. */
export function describeStep(step: Step): string {
  const words = describeOf(step.kind)(step);
  return `${step.namespace}: ${words.replaceAll('\n', '\n  ')}`;
}

function describeOf<Kind extends keyof StepByKind>(kind: Kind): Describe<StepByKind[Kind]> {
  return descriptions[kind];
}

function describeFlows({ source, mark, protocols }: FlowFilter): string {
  return [
    protocols,
    ...(source === undefined ? [] : [`from ${source}`]),
    ...(mark === undefined ? [] : [`mark 0x${mark.value.toString(16)}/0x${mark.mask.toString(16)}`]),
  ].join(' ');
}

function describeWay({ label, through, keepsTcp }: PodWay): string {
  if (label !== undefined) return `by ${label}`;
  if (through.length > 0) return 'held';
  return keepsTcp ? 'direct but for its old TCP' : 'direct';
}
