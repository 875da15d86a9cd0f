import type { TunnelEnd } from '../tunnel-probe/tunnel-responder.ts';
import { bindDatagramsInNetns } from './bound-socket.ts';
import { netnsIdentity } from './netns.ts';

/** The namespace kept at `netns`, in which the tunnels of a gateway end and probes are answered on `port`. */
export function createTunnelEnd(netns: string, port: number): TunnelEnd {
  return { identity: () => netnsIdentity(netns), openSocket: () => bindDatagramsInNetns(netns, port) };
}
