import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { silentProgress } from '../../src/base/progress.ts';
import { benchNamespace, openDataplaneWorld } from '../../src/cli/bench/dataplane-world.ts';
import { soakFaults } from '../../src/cli/bench/soak/soak-faults.ts';
import { strike } from '../../src/cli/bench/soak/soak.ts';
import { withTraffic } from '../../src/cli/bench/traffic-scene.ts';
import type { Context } from '../../src/cli/context.ts';
import { kubectl, segw, settings } from '../support/installation.ts';
import { repositoryDir } from '../support/paths.ts';

/** Clients from this number on are of this file. */
const firstClient = 5000;

/** As `segw bench` has it. */
const context: Context = {
  settings,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  userId: 0,
  root: repositoryDir,
  signal: new AbortController().signal,
  become: () => Promise.reject(new Error('a test becomes nothing else')),
};

after(async () => {
  await segw('fault', 'clear');
  await kubectl('delete', 'namespace', benchNamespace);
});

/** The short form of `segw bench soak`. */
test('each fault once, under the traffic of pods on every gateway', async (t) => {
  const world = await openDataplaneWorld(context, silentProgress);
  await withTraffic(world, { progress: silentProgress, firstClient }, async (scene) => {
    for (const fault of soakFaults)
      await t.test(`${fault.name}: afterwards every pod is answered, by its own gateway`, async () => {
        assert.equal((await strike(scene, fault, 0)).silentPods, 0);
      });
    await t.test('no packet left by a wrong address', async () => {
      assert.equal(await scene.clients.wrongSourcePackets(), 0);
    });
  });
});
