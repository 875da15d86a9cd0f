import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAgentPool } from './agent-pool-body.ts';
import { desiredNodeLabels, desiredNodeTaints, formerMarks } from './pool-nodes.ts';

const pool = (properties: object) => parseAgentPool({ properties }, undefined).properties;

describe('the nodes of a pool', () => {
  it('of mode Gateway bear the labels and the taint that keep general workloads away, whatever their owner says', () => {
    const properties = pool({
      mode: 'Gateway',
      count: 2,
      nodeLabels: { 'kubeegressgateway.azure.com/mode': 'false', team: 'net' },
    });
    assert.deepEqual(desiredNodeLabels('gw', properties), {
      team: 'net',
      'kubernetes.azure.com/agentpool': 'gw',
      'kubernetes.azure.com/mode': 'gateway',
      'kubeegressgateway.azure.com/mode': 'true',
      'node.kubernetes.io/exclude-from-external-load-balancers': 'true',
    });
    assert.deepEqual(desiredNodeTaints(properties), ['kubernetes.azure.com/mode=gateway:NoSchedule']);
  });

  it('of mode System bear only what their owner adds', () => {
    const properties = pool({ mode: 'System', nodeLabels: { disk: 'fast' }, nodeTaints: ['a=b:NoSchedule'] });
    assert.deepEqual(desiredNodeLabels('np', properties), {
      disk: 'fast',
      'kubernetes.azure.com/agentpool': 'np',
      'kubernetes.azure.com/mode': 'system',
    });
    assert.deepEqual(desiredNodeTaints(properties), ['a=b:NoSchedule']);
  });
});

it('what a pool had once is remembered until it has it again', () => {
  const first = pool({ nodeLabels: { a: '1', b: '1' }, nodeTaints: ['x=1:NoSchedule'], tags: { t: '1' } });
  const second = pool({ nodeLabels: { b: '2' } });
  const third = pool({ nodeLabels: { a: '3' }, nodeTaints: ['x=1:NoSchedule'], tags: { t: '2' } });
  assert.deepEqual(formerMarks(undefined, undefined, first), { formerLabels: [], formerTaints: [], formerTags: [] });
  const afterSecond = formerMarks({}, first, second);
  assert.deepEqual(afterSecond, { formerLabels: ['a'], formerTaints: ['x=1:NoSchedule'], formerTags: ['t'] });
  assert.deepEqual(formerMarks(afterSecond, second, second), afterSecond);
  assert.deepEqual(formerMarks(afterSecond, second, third), { formerLabels: ['b'], formerTaints: [], formerTags: [] });
});
