import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gatewayGuardName, systemNamespace } from '../../../src/api/names.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { type ManifestObject } from '../../../src/cluster/manifest.ts';
import { readManifests } from '../../../src/cluster/feature/manifest-files.ts';
import { deploymentKind } from '../../../src/operator/cluster-kinds.ts';
import { createMemoryCloud, type MemoryCloud } from '../../support/memory-cloud.ts';
import { openOperatorWorld, type OperatorWorld } from '../../support/operator-world.ts';

const key = { namespace: systemNamespace, name: gatewayGuardName };

let world: OperatorWorld<MemoryCloud>;
let manifest: ManifestObject;

before(async () => {
  world = await openOperatorWorld(createMemoryCloud());
  const { objects } = await readManifests();
  const found = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === gatewayGuardName);
  assert.ok(found);
  manifest = found;
  await world.startOperator();
});

after(async () => {
  await world.close();
});

async function install(): Promise<void> {
  await world.client.apply(deploymentKind, manifest, { fieldManager: 'installer' });
}

async function untilReplicas(replicas: number): Promise<void> {
  await pollUntil(
    `${String(replicas)} guards`,
    async (note) => {
      const found = (await world.client.get(deploymentKind, key)).spec?.replicas;
      note(String(found));
      return found === replicas ? true : undefined;
    },
    { timeoutMs: 15_000, intervalMs: 25 },
  );
}

test('there is a guard for each gateway node, whoever comes first, and none for workers', async () => {
  await world.joinGateway('gateway-0');
  await world.joinWorker('worker-0');
  await install();
  await untilReplicas(1);
  await world.joinGateway('gateway-1');
  await untilReplicas(2);
});

test('what the operator has set stays when the feature is installed again', async () => {
  await install();
  await untilReplicas(2);
});

test('with its node a guard goes, and without gateway nodes there is none', async () => {
  await world.removeNode('gateway-0');
  await untilReplicas(1);
  await world.removeNode('gateway-1');
  await untilReplicas(0);
});

test('somebody who changes their number is corrected', async () => {
  await world.joinGateway('gateway-2');
  await untilReplicas(1);
  await world.client.patch(deploymentKind, key, { spec: { replicas: 5 } });
  await untilReplicas(1);
});
