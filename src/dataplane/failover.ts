import { desiredWorker } from './desired-worker.ts';
import { diff } from './diff/diff.ts';
import { hostNamespace } from './host-state.ts';
import type { WorkerInputs } from './model.ts';
import { defaultSettings, type DataplaneSettings } from './settings.ts';
import type { Step } from './step.ts';
import { flowsOfGoneGateways } from './stale-flows.ts';
import { steer } from './steering.ts';

/**
 * What a worker does the moment the state of its gateways changes from `before` to `after`: a verdict, a drain, a return. After a
 * death: one route write, which moves everything that carries the dead mark; one nft transaction (`act` and `gateway`), which resets
 * TCP, re-marks the rest and gives new connections their new gateway; then a kick, for those who only listen. A drain is the nft
 * transaction alone. Of a gateway that is no longer there at all, what it carried ends. Nothing is observed first: should the kernel refuse because it is not as `before` says, observe and diff. Pure,
 * so it may be computed before the verdict falls: a few milliseconds for 250 pods.
 * Source: dataplane reference, section 4.
 */
export function failover(before: WorkerInputs, after: WorkerInputs, settings: DataplaneSettings = defaultSettings): Step[] {
  const [from, to] = [desiredWorker(before, settings), desiredWorker(after, settings)];
  return [
    ...diff(from, to),
    ...newlyDead(before, after).map((mark) => kick(mark, settings)),
    ...flowsOfGoneGateways(from, to, settings),
  ];
}

/** Gateways whose own connections went on until now. */
function newlyDead(before: WorkerInputs, after: WorkerInputs): number[] {
  const alive = new Set(before.gateways.filter(({ state }) => state !== 'dead').map(({ number }) => number));
  return steer(after)
    .gateways.map(({ gateway }) => gateway)
    .filter(({ number, state }) => state === 'dead' && alive.has(number))
    .map(({ number }) => number);
}

function kick(mark: number, { markMask }: DataplaneSettings): Step {
  return { namespace: hostNamespace, kind: 'kick', flows: { protocols: 'tcp', mark: { value: mark, mask: markMask } } };
}
