import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pod, sgc, worker } from '../../test/support/dataplane/worlds.ts';
import { movePods } from './attachment.ts';
import { describeStep } from './describe-step.ts';
import type { AttachedPod } from './model.ts';

const others = [pod(8), pod(9, { sgc: 'team/b' })];

/** What becomes of connections when a pod changes; the transactions themselves are in the scenarios. */
function flows(before: AttachedPod | undefined, after: AttachedPod | undefined): string[] {
  const world = (changing: AttachedPod | undefined) =>
    worker({ sgcs: [sgc('a'), sgc('b', { label: '100.64.4.11' })], pods: [...others, ...(changing ? [changing] : [])] });
  return movePods(world(before), world(after))
    .filter(({ kind }) => kind === 'forget-flows' || kind === 'kick')
    .map(describeStep);
}

const cases: [what: string, before: AttachedPod | undefined, after: AttachedPod | undefined, flows: string[]][] = [
  [
    'a running pod that is attached keeps only what is TCP, until the kick',
    undefined,
    pod(2),
    ['host: forget flows other-than-tcp from 10.244.1.2 mark 0x0/0x7f', 'host: kick tcp from 10.244.1.2 mark 0x0/0x7f'],
  ],
  [
    'a pod that gets another SGC has all its TCP connections kicked',
    pod(2),
    pod(2, { sgc: 'team/b' }),
    ['host: forget flows other-than-tcp from 10.244.1.2', 'host: kick tcp from 10.244.1.2'],
  ],
  [
    'a detaching pod keeps its TCP connections',
    pod(2),
    pod(2, { phase: 'detaching' }),
    ['host: forget flows other-than-tcp from 10.244.1.2'],
  ],
  ['a detached pod keeps everything', pod(2, { phase: 'detaching' }), undefined, []],
  ['a pod that is gone leaves nothing behind', pod(2), undefined, ['host: forget flows all from 10.244.1.2']],
  [
    'a pod that gets another address leaves nothing at the old one',
    pod(2),
    pod(2, { address: '10.244.1.77' }),
    [
      'host: forget flows all from 10.244.1.2',
      'host: forget flows other-than-tcp from 10.244.1.77 mark 0x0/0x7f',
      'host: kick tcp from 10.244.1.77 mark 0x0/0x7f',
    ],
  ],
  ['a pod that stays keeps everything', pod(2), pod(2), []],
];

for (const [what, before, after, expected] of cases) test(what, () => assert.deepEqual(flows(before, after), expected));
