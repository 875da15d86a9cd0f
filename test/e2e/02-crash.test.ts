import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { regionEnvironment } from '../../src/cli/region-environment.ts';
import { regionProcesses } from '../../src/cli/region-processes.ts';
import { parseSettings } from '../../src/cli/settings.ts';
import { run } from '../../src/base/exec.ts';
import { hostArchitecture } from '../../src/cluster/supply/architecture.ts';
import { writeLayer, writeOciArchive } from '../../src/cluster/supply/oci-archive.ts';
import { findMachineProgram } from '../support/binaries.ts';
import { killDaemon, killEverything, reboot } from '../support/crash.ts';
import { takeHostSnapshot } from '../support/host-snapshot.ts';
import { applyManifest, installationMarks, kubectl, segw, settings } from '../support/installation.ts';
import { repositoryDir } from '../support/paths.ts';
import { startToolsPod } from '../support/tools-pod.ts';

const pod = 'survivor';

before(async () => {
  await segw('up');
  await startToolsPod({ name: pod });
});

after(async () => {
  await kubectl('delete', 'pod', pod, '--wait=false');
});

/** Uid, node and restarts of the pod. */
async function podState(): Promise<string> {
  const fields = '{.metadata.uid} {.spec.nodeName} {.status.containerStatuses[0].restartCount}';
  await kubectl('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=90s');
  return kubectl('get', 'pod', pod, '--output', `jsonpath=${fields}`);
}

function withoutRestarts(state: string): string {
  return state.split(' ').slice(0, 2).join(' ');
}

describe('after kill -9', () => {
  test('of the daemon alone, the machines live on, and the next up takes them over: no pod is restarted', async () => {
    const state = await podState();
    await killDaemon(settings);
    await segw('up');
    assert.equal(await podState(), state);
    assert.equal((await regionProcesses(settings)).length, 1);
  });

  for (const [what, crash] of [
    ['of everything', killEverything],
    ['of everything and a reboot of the host', reboot],
  ] as const) {
    test(`${what}, the next up brings back the same pods on the same nodes`, async () => {
      const state = await podState();
      await crash(settings);
      await segw('up');
      assert.equal(withoutRestarts(await podState()), withoutRestarts(state));
    });
  }

  test('of everything, down leaves nothing; up then continues', async () => {
    const state = await podState();
    await killEverything(settings);
    await segw('down');
    const { mounts, cgroups, processes } = await takeHostSnapshot(installationMarks);
    assert.deepEqual({ mounts, cgroups, processes }, { mounts: [], cgroups: [], processes: [] });
    await segw('up');
    assert.equal(withoutRestarts(await podState()), withoutRestarts(state));
  });

  test('of an up while the cluster comes up, the next up waits for what that one has begun, and succeeds', async () => {
    await segw('down');
    const interrupted = spawn(join(repositoryDir, 'segw'), ['up'], { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface({ input: interrupted.stderr })) if (line === '- bring up cluster segw') break;
    interrupted.kill('SIGKILL');
    await segw('up');
    await podState();
  });
});

test('two ups at once are one: both succeed, and one daemon runs', async () => {
  const state = await podState();
  await killDaemon(settings);
  await Promise.all([segw('up'), segw('up')]);
  assert.equal(await podState(), state);
  assert.equal((await regionProcesses(settings)).length, 1);
});

describe('a second installation beside the first', () => {
  let other = settings;

  before(async () => {
    other = parseSettings({ ...process.env, SEGW_STATE_DIR: await mkdtemp(join(tmpdir(), 'segw-other-')), SEGW_PORT: '' });
    await segwOf('up');
  });

  after(async () => {
    await segwOf('down', '--purge');
  });

  /** `./segw` and kubectl on the other one. */
  async function segwOf(...args: readonly string[]): Promise<string> {
    return run(join(repositoryDir, 'segw'), args, { env: { SEGW_STATE_DIR: other.stateDir, SEGW_PORT: '' } });
  }

  async function kubectlOf(...args: readonly string[]): Promise<string> {
    return run('kubectl', args, { env: await regionEnvironment(other, process.env['PATH'] ?? '') });
  }

  test('answers, with nodes of its own', async () => {
    const nodes = ['get', 'nodes', '--output', 'jsonpath={.items[*].metadata.uid}'];
    const [ours, theirs] = [await kubectl(...nodes), await kubectlOf(...nodes)];
    assert.equal(new Set([...ours.split(' '), ...theirs.split(' ')]).size, 4);
  });

  test('goes down without a trace, and the first one does not notice', async () => {
    const state = await podState();
    await segwOf('down');
    const { mounts, cgroups, processes } = await takeHostSnapshot([other.stateDir, `segw-${other.installation}`]);
    assert.deepEqual({ mounts, cgroups, processes }, { mounts: [], cgroups: [], processes: [] });
    assert.equal(await podState(), state);
  });
});

describe('segw image load', () => {
  const pool = ['--resource-group', 'segw', '--cluster-name', 'segw', '--name', 'nodepool1'];
  const reference = 'registry.example/idle:1';
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'segw-image-'));
  });

  after(async () => {
    await kubectl('delete', 'daemonset', 'idle', '--ignore-not-found');
    await segw('aks', 'nodepool', 'scale', ...pool, '--node-count', '2');
    await rm(folder, { recursive: true });
  });

  test('puts an image on every node, also on one that is added later', async () => {
    assert.equal(await segw('image', 'load', await writeIdleImage(folder, reference)), reference);
    await applyManifest(JSON.stringify(idleDaemonSet(reference)));
    await kubectl('rollout', 'status', 'daemonset/idle', '--timeout=60s');
    await segw('aks', 'nodepool', 'scale', ...pool, '--node-count', '3');
    await kubectl('rollout', 'status', 'daemonset/idle', '--timeout=60s');
    assert.equal(await kubectl('get', 'daemonset', 'idle', '--output', 'jsonpath={.status.numberReady}'), '3');
  });
});

/** An image with one static program that waits for its end. */
async function writeIdleImage(folder: string, reference: string): Promise<string> {
  const tree = join(folder, 'tree');
  await mkdir(tree);
  await copyFile(await findMachineProgram('catatonit'), join(tree, 'catatonit'));
  const layer = await writeLayer(tree, join(folder, 'layer.tar'));
  const image = { reference, architecture: hostArchitecture(), entrypoint: ['/catatonit', '-P'], layers: [layer] };
  return (await writeOciArchive(image, folder)).archive;
}

/** On every node, and only from what the node has: a missing image keeps its pod from being ready. */
function idleDaemonSet(image: string): object {
  const labels = { app: 'idle' };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'idle', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'idle', image, imagePullPolicy: 'Never' }] },
      },
    },
  };
}
