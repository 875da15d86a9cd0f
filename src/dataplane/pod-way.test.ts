import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pod, sgc, worker } from '../../test/support/dataplane/worlds.ts';
import type { AttachedPod, Sgc } from './model.ts';
import { contradicts, podWays, type Flow, type PodWay } from './pod-way.ts';

const label = '100.64.4.10';
const other = '100.64.4.11';
const [node, internet, excluded, inCluster, metadata] = [
  '198.51.100.9',
  '192.0.2.10',
  '203.0.113.9',
  '10.244.7.7',
  '169.254.169.254',
];
const excludeCidrs = [{ address: '203.0.113.0', prefixLength: 24 }];

function way(changes: Partial<Sgc>, changesOfPod: Partial<AttachedPod> = {}): PodWay {
  const ways = podWays(worker({ sgcs: [sgc('a', { excludeCidrs, ...changes })], pods: [pod(2, changesOfPod)] }));
  return ways.get(pod(2).address) ?? assert.fail('the pod has a way');
}

const ways = {
  attached: way({}),
  onlyExcluded: way({ defaultRoute: 'azureNetworking' }),
  held: way({}, { sgc: 'team/unknown' }),
  detaching: way({}, { phase: 'detaching' }),
  detached: way({}, { phase: 'detaching', sgc: 'team/unknown' }),
} as const;

/** By a gateway, when it is translated to a label; else directly. */
function flow(destination: string, by: string, isTcp = true): Flow {
  return { isTcp, destination, translatedTo: by, mark: by.startsWith('100.64.') ? 3 : 0 };
}

const cases: readonly (readonly [kind: keyof typeof ways, flow: Flow, isWrong: boolean, why: string])[] = [
  ['attached', flow(internet, node), true, 'was direct before the attach'],
  ['attached', flow(internet, label), false, 'goes by its SGC'],
  ['attached', flow(internet, other), true, 'belongs to another SGC'],
  ['attached', flow(internet, node, false), true, 'UDP lives on by its own packets'],
  ['attached', flow(excluded, node), false, 'is excluded'],
  ['attached', flow(excluded, label), true, 'was not excluded before'],
  ['attached', flow(inCluster, '10.244.1.2'), false, 'stays in the cluster'],
  ['attached', flow(metadata, node), false, 'never goes by a gateway'],
  ['attached', flow(inCluster, label), true, 'the network joined the cluster since'],
  ['onlyExcluded', flow(excluded, label), false, 'only this goes by the gateway'],
  ['onlyExcluded', flow(excluded, node), true, 'went directly before'],
  ['onlyExcluded', flow(internet, node), false, 'goes directly'],
  ['onlyExcluded', flow(internet, label), true, 'went by the gateway before'],
  ['held', flow(internet, node), true, 'nothing outside'],
  ['held', flow(internet, label), true, 'nothing outside'],
  ['held', flow(excluded, node), true, 'what is excluded is not known without an SGC'],
  ['held', flow(inCluster, '10.244.1.2'), false, 'the cluster is reached'],
  ['detaching', flow(internet, label), false, 'old TCP lives on'],
  ['detaching', flow(internet, label, false), true, 'UDP has no end'],
  ['detaching', flow(internet, node, false), false, 'has begun since'],
  ['detaching', flow(internet, node), false, 'has begun since'],
  ['detached', flow(internet, label), true, 'nobody carries it any more'],
  ['detached', flow(internet, node), false, 'has begun since'],
];

for (const [kind, one, isWrong, why] of cases) {
  const { destination, translatedTo, isTcp } = one;
  test(`${kind}: ${isTcp ? 'TCP' : 'UDP'} to ${destination} as ${translatedTo} ${isWrong ? 'ends' : 'stays'}: ${why}`, () =>
    assert.equal(contradicts(one, ways[kind]), isWrong));
}

test('of two pods with one address, the one that is steered counts', () => {
  const pods = [pod(3, { address: pod(2).address, phase: 'detaching' }), pod(2)];
  for (const order of [pods, pods.toReversed()]) {
    const found = podWays(worker({ pods: order })).get(pod(2).address);
    assert.equal(found?.label, order.at(-1)?.phase === 'attached' ? label : undefined);
  }
});
