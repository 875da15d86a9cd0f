import { ipProtocols, listConntrack, type ConntrackEntry, type TcpState } from './conntrack.ts';
import { inNetns, isNetns } from './netns.ts';
import { openNetfilterSocket } from './netlink/socket.ts';

interface TranslatedFlow {
  readonly id: string;
  readonly source: string;
  readonly isOver: boolean;
  readonly packets: number;
}

/** Both sides have closed the connection, or one has reset it. */
const overStates: ReadonlySet<TcpState | undefined> = new Set(['timeWait', 'close'] as const);

/** The IPv4 connections of the network namespace kept at `path`, as a gateway counts them; none when there is no such namespace. */
export function listTranslatedFlows(path: string): TranslatedFlow[] {
  if (!isNetns(path)) return [];
  using socket = inNetns(path, openNetfilterSocket);
  return listConntrack(socket).map(toFlow);
}

function toFlow({ protocol, original, tcpState, originalPackets = 0 }: ConntrackEntry): TranslatedFlow {
  const { source, sourcePort = 0, destination, destinationPort = 0 } = original;
  return {
    id: [protocol, source, sourcePort, destination, destinationPort].join(' '),
    source,
    isOver: protocol === ipProtocols.tcp && overStates.has(tcpState),
    packets: originalPackets,
  };
}
