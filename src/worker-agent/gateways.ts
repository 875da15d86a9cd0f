import type { GatewayStatus } from '../api/gateway-status.ts';
import type { Gateway, GatewayState } from '../dataplane/model.ts';
import type { Verdict } from '../tunnel-probe/detector.ts';

/** A gateway as the API server knows it. `state` is old news where probes tell more. */
export interface KnownGateway extends Gateway {
  readonly node: string;
}

const statesByApi = { Ready: 'ready', Draining: 'draining', NotReady: 'dead' } as const;

const statesByProbe: Readonly<Partial<Record<Verdict, GatewayState>>> = {
  ready: 'ready',
  draining: 'draining',
  'not-ready': 'dead',
  dead: 'dead',
};

/** The gateways that have said where they are and who. In the order of their numbers; of two with one number the first in name counts. */
export function knownGateways(statuses: readonly GatewayStatus[]): KnownGateway[] {
  const byNumber = new Map<number, KnownGateway>();
  for (const status of statuses.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    const gateway = toGateway(status);
    if (gateway && !byNumber.has(gateway.number)) byNumber.set(gateway.number, gateway);
  }
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

function toGateway({ metadata, spec, status = {} }: GatewayStatus): KnownGateway | undefined {
  const { endpoint, publicKey, state = 'NotReady' } = status;
  if (endpoint === undefined || publicKey === undefined) return undefined;
  const [address = '', port = ''] = endpoint.split(':');
  return { node: metadata.name, number: spec.number, address, port: Number(port), publicKey, state: statesByApi[state] };
}

/** The gateways as they are now: a probe's answer is newer than what the API server has, and comes also when that is down. */
export function probedGateways(gateways: readonly KnownGateway[], verdictOf: (number: number) => Verdict): Gateway[] {
  return gateways.map(({ node: _node, ...gateway }) => ({
    ...gateway,
    state: statesByProbe[verdictOf(gateway.number)] ?? gateway.state,
  }));
}
