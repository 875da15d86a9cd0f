import type { FlowFilter } from '../../dataplane/step.ts';
import {
  deleteConntrack,
  ipProtocols,
  listConntrack,
  type ConntrackEntry,
  type ConntrackFilter,
  type TcpState,
} from '../conntrack.ts';
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

export function forgetFlows({ netfilter }: OpenNamespace, flows: FlowFilter): void {
  const filter = toFilter(flows);
  if (flows.protocols !== 'other-than-tcp') {
    deleteConntrack(netfilter, filter);
    return;
  }
  const others = new Set(listConntrack(netfilter, filter).map(({ protocol }) => protocol));
  others.delete(ipProtocols.tcp);
  for (const protocol of others) deleteConntrack(netfilter, { ...filter, protocol });
}

/** `mark`: of the packets that wake, for the rules that leave them untracked. */
export function kickFlows({ netfilter, path }: OpenNamespace, flows: FlowFilter, mark: number): void {
  const entries = listConntrack(netfilter, { ...toFilter(flows), protocol: ipProtocols.tcp });
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
