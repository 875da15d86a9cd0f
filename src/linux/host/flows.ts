import type { contradicts } from '../../dataplane/pod-way.ts';
import type { FlowFilter, StepByKind } from '../../dataplane/step.ts';
import {
  deleteConntrackInPool,
  ipProtocols,
  listConntrackInPool,
  type ConntrackEntry,
  type ConntrackFilter,
  type TcpState,
} from '../conntrack.ts';
import { openNetfilterSocket } from '../netlink/socket.ts';
import { inNetns } from '../netns.ts';
import { kickClients, type TcpConnection } from '../raw-tcp.ts';
import type { OpenNamespace } from './open-namespace.ts';

/** Those whose client is still there and may wait. Source: dataplane reference, section 4. */
const kicked: ReadonlySet<TcpState | undefined> = new Set([
  'synSent',
  'synReceived',
  'established',
  'finWait',
  'closeWait',
] as const);

export async function forgetFlows({ path }: OpenNamespace, flows: FlowFilter): Promise<void> {
  using socket = inNetns(path, openNetfilterSocket);
  const isMeant =
    flows.protocols === 'other-than-tcp' ? ({ protocol }: ConntrackEntry) => protocol !== ipProtocols.tcp : undefined;
  await deleteConntrackInPool(socket, toFilter(flows), isMeant);
}

/** `mark`: of the packets that wake, for the rules that leave them untracked. */
export async function kickFlows({ path }: OpenNamespace, flows: FlowFilter, mark: number): Promise<void> {
  using socket = inNetns(path, openNetfilterSocket);
  kickEntries(path, await listConntrackInPool(socket, { ...toFilter(flows), protocol: ipProtocols.tcp }), mark);
}

export interface SettleOptions {
  /** Mark of the packets that a kick sends. */
  readonly kickMark: number;
  readonly contradicts: typeof contradicts;
}

export async function settleFlows(
  { path }: OpenNamespace,
  { pods, markMask }: Pick<StepByKind['settle-flows'], 'pods' | 'markMask'>,
  { kickMark, contradicts }: SettleOptions,
): Promise<void> {
  const [first, ...others] = pods;
  if (!first) return;
  const ways = new Map(pods.map(({ address, way }) => [address, way]));
  const isWrong = ({ original, reply, protocol, mark }: ConntrackEntry): boolean => {
    const way = ways.get(original.source);
    const flow = { destination: reply.source, translatedTo: reply.destination, mark: (mark & markMask) >>> 0 };
    return way !== undefined && contradicts({ ...flow, isTcp: protocol === ipProtocols.tcp }, way);
  };
  const filter = others.length === 0 ? { source: first.address } : {};
  using socket = inNetns(path, openNetfilterSocket);
  const wrong = (await listConntrackInPool(socket, filter)).filter(isWrong);
  const isTcp = ({ protocol }: ConntrackEntry): boolean => protocol === ipProtocols.tcp;
  if (!wrong.every(isTcp)) await deleteConntrackInPool(socket, filter, (entry) => !isTcp(entry) && isWrong(entry));
  kickEntries(path, wrong.filter(isTcp), kickMark);
}

function kickEntries(path: string, entries: readonly ConntrackEntry[], mark: number): void {
  const connections = entries.filter(({ tcpState }) => kicked.has(tcpState)).flatMap(toConnection);
  if (connections.length > 0) inNetns(path, () => kickClients(connections, { mark }));
}

function toFilter({ source, mark, protocols }: FlowFilter): ConntrackFilter {
  return {
    ...(source === undefined ? {} : { source }),
    ...(mark === undefined ? {} : { mark: mark.value, mask: mark.mask }),
    ...(protocols === 'tcp' ? { protocol: ipProtocols.tcp } : {}),
  };
}

function toConnection({ original }: ConntrackEntry): TcpConnection[] {
  const { source, destination, sourcePort, destinationPort } = original;
  if (sourcePort === undefined || destinationPort === undefined) return [];
  return [{ source, destination, sourcePort, destinationPort }];
}
