import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EgressWorker, EgressWorkerStatus } from '../../api/egress-worker.ts';
import { nodeLeft } from '../../api/feature.ts';
import type { GatewayStatus } from '../../api/gateway-status.ts';
import { cloudResourcesFinalizer } from '../../api/names.ts';
import type { StaticGatewayConfiguration } from '../../api/static-gateway-configuration.ts';
import { nodesWithAgent, openWork, type RemovalFacts } from './removal-facts.ts';

function worker(name: string, status?: EgressWorkerStatus): EgressWorker {
  return { metadata: { name }, spec: { labelBlock: '100.64.0.0/22' }, ...(status && { status }) };
}

function gateway(name: string, reason?: string): GatewayStatus {
  return { metadata: { name }, spec: { number: 1 }, ...(reason !== undefined && { status: { reason } }) };
}

function configuration(finalizers: readonly string[]): StaticGatewayConfiguration {
  const spec = { gatewayNodepoolName: 'gw', provisionPublicIps: true, defaultRoute: 'staticEgressGateway' } as const;
  return { metadata: { namespace: 'ns', name: 'sgc', finalizers }, spec };
}

const left: EgressWorkerStatus = { cniChained: false, wanted: [], reason: nodeLeft };
const wanted = [{ namespace: 'ns', name: 'sgc', pods: 1 }];
const done: RemovalFacts = {
  readyNodes: new Set(['n1', 'n2']),
  workers: [worker('n1', left), worker('n2', left)],
  gateways: [gateway('n2', nodeLeft)],
  configurations: [configuration([])],
  hasOperator: true,
  hasOperatorReleased: true,
};
const held = [configuration([cloudResourcesFinalizer])];

const works: readonly (readonly [string, Partial<RemovalFacts>, readonly string[]])[] = [
  ['nothing is left to do', {}, []],
  ['a configuration is held', { configurations: held }, ['the operator has not released the cloud resources of ns/sgc']],
  ['the operator has not spoken', { hasOperatorReleased: false }, ['the operator has not said that everything is released']],
  ['an agent is chained', { workers: [worker('n1', { cniChained: true })] }, ['the CNI plugin is still chained on n1, n2']],
  [
    'an agent has not spoken',
    { workers: [worker('n1'), done.workers[1] ?? worker('n2')] },
    ['the CNI plugin is still chained on n1'],
  ],
  ['pods are attached', { workers: [worker('n1', { cniChained: false, wanted }), worker('n2', left)] }, []],
  [
    'an agent has not cleaned up yet',
    { workers: [worker('n1', { cniChained: false, wanted: [] }), worker('n2', left)] },
    ['an agent has not taken everything off n1'],
  ],
  ['a gateway has not cleaned up yet', { gateways: [gateway('n2')] }, ['an agent has not taken everything off n2']],
  ['a gateway that is down has not', { gateways: [gateway('n3')] }, []],
  ['a node that is down is chained', { readyNodes: new Set(), workers: [worker('n1', { cniChained: true })] }, []],
  ['the operator is gone', { hasOperator: false, hasOperatorReleased: false, workers: [] }, []],
  [
    'the operator is gone too early',
    { hasOperator: false, configurations: held },
    ['there is no Deployment segw-operator to release the cloud resources of ns/sgc: enable the feature again first'],
  ],
];
for (const [title, change, open] of works)
  test(`before the operator goes: ${title}`, () => {
    assert.deepEqual(openWork({ ...done, ...change }), open);
  });

test('an agent stays for attached pods, and until it has cleaned up on a node that was down', () => {
  const workers = [
    worker('attached', { cniChained: false, wanted }),
    worker('clean', left),
    worker('cleaning', { cniChained: false, wanted: [] }),
    worker('down', { cniChained: true }),
    worker('silent'),
  ];
  assert.deepEqual(nodesWithAgent(workers), ['attached', 'cleaning', 'down', 'silent']);
});
