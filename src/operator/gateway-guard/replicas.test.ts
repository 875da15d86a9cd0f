import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, Node } from '../cluster-kinds.ts';
import { desiredReplicas } from './replicas.ts';

const nodeWith = (labels: Readonly<Record<string, string>>): Node => ({ metadata: { name: 'n', labels } });
const gateway = nodeWith({ 'kubernetes.azure.com/mode': 'gateway' });
const ownGateway = nodeWith({ 'kubeegressgateway.azure.com/mode': 'true' });
const worker = nodeWith({ 'kubernetes.azure.com/mode': 'user' });
const deploymentOf = (replicas: number): Deployment => ({ metadata: { name: 'segw-gateway-guard' }, spec: { replicas } });

const cases: readonly (readonly [string, Deployment | undefined, readonly Node[], number | undefined])[] = [
  ['a guard for each gateway node of either kind', deploymentOf(1), [gateway, ownGateway, worker], 2],
  ['as many as there are already', deploymentOf(2), [gateway, ownGateway], undefined],
  ['one fewer when a node is gone', deploymentOf(2), [gateway], 1],
  ['none without gateway nodes', deploymentOf(1), [worker], 0],
  ['nothing before the Deployment is there', undefined, [gateway], undefined],
];

for (const [what, deployment, nodes, expected] of cases)
  test(what, () => {
    assert.equal(desiredReplicas(deployment, nodes), expected);
  });
