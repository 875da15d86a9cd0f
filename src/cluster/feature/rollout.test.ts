import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Workload } from '../cluster-objects.ts';
import { daemonSetLag, deploymentLag, podProblems } from './rollout.ts';

const metadata = { name: 'x', generation: 2 };

const deployments: readonly (readonly [string, Workload['status'], string | undefined])[] = [
  ['nothing known', undefined, 'Deployment x: 0 of 2 available'],
  ['all there', { observedGeneration: 2, updatedReplicas: 2, availableReplicas: 2 }, undefined],
  [
    'of the version before',
    { observedGeneration: 1, updatedReplicas: 2, availableReplicas: 2 },
    'Deployment x: 2 of 2 available',
  ],
  ['half updated', { observedGeneration: 2, updatedReplicas: 1, availableReplicas: 2 }, 'Deployment x: 1 of 2 available'],
];
for (const [title, status, lag] of deployments)
  test(`a Deployment: ${title}`, () => {
    assert.equal(deploymentLag({ metadata, spec: { replicas: 2 }, ...(status && { status }) }), lag);
  });

const full = { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 };
const daemonSets: readonly (readonly [string, Workload['status'], number, string | undefined])[] = [
  ['nothing known', undefined, 0, 'DaemonSet x: 0 of 0 available'],
  ['on every node', full, 0, undefined],
  ['on every node that is up', { ...full, numberAvailable: 2 }, 1, undefined],
  ['not on all nodes', { ...full, numberAvailable: 1 }, 1, 'DaemonSet x: 1 of 2 available'],
  ['of the image before on one', { ...full, updatedNumberScheduled: 2 }, 0, 'DaemonSet x: 2 of 3 available'],
];
for (const [title, status, downNodes, lag] of daemonSets)
  test(`a DaemonSet: ${title}`, () => {
    assert.equal(daemonSetLag({ metadata, ...(status && { status }) }, downNodes), lag);
  });

test('a DaemonSet that is replaced only by hand is not waited for', () => {
  const spec = { updateStrategy: { type: 'OnDelete' } };
  assert.equal(daemonSetLag({ metadata, spec, status: { ...full, updatedNumberScheduled: 0 } }, 0), undefined);
});

test('pods say why they do not run', () => {
  const waiting = { reason: 'ErrImageNeverPull', message: 'image is not present' };
  const problems = podProblems([
    { metadata: { name: 'a' }, status: { containerStatuses: [{ state: { waiting } }] } },
    { metadata: { name: 'b' }, status: { conditions: [{ type: 'PodScheduled', status: 'False', message: 'no node' }] } },
    { metadata: { name: 'c' }, status: { conditions: [{ type: 'PodScheduled', status: 'True' }], containerStatuses: [{}] } },
  ]);
  assert.deepEqual(problems, ['pod a: ErrImageNeverPull: image is not present', 'pod b: not scheduled: no node']);
});
