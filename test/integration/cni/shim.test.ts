import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { silentProgress } from '../../../src/base/progress.ts';
import { hostArchitecture } from '../../../src/cluster/supply/architecture.ts';
import { ensureCniShim } from '../../../src/cluster/supply/cni-shim.ts';
import { startCniServer } from '../../../src/worker-agent/cni-server.ts';
import { cacheDir, repositoryDir } from '../../support/paths.ts';

const annotated = {
  cniVersion: '1.0.0',
  runtimeConfig: { 'io.kubernetes.cri.pod-annotations': { 'kubernetes.azure.com/static-gateway-configuration': 'web' } },
  prevResult: { cniVersion: '1.0.0', ips: [{ address: '10.244.1.2/24' }] },
};
const plain = { ...annotated, runtimeConfig: { 'io.kubernetes.cri.pod-annotations': { other: 'ü' } } };

let plugin = '';
let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'segw-shim-'));
  plugin = await ensureCniShim({ cacheDir, repositoryDir, architecture: hostArchitecture(), progress: silentProgress });
});

after(async () => {
  await rm(directory, { recursive: true });
});

interface Ended {
  readonly output: string;
  readonly code: number | null;
}

/** Runs the plugin as a runtime does. `socket`: where an agent may listen. */
async function call(command: string, input: string | Uint8Array, socket = join(directory, 'nobody.sock')): Promise<Ended> {
  const child = spawn(plugin, [], {
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: 'c1',
      CNI_IFNAME: 'eth0',
      CNI_NETNS: '/run/netns/x',
      CNI_ARGS: 'K8S_POD_UID=u1;IgnoreUnknown=1;K8S_POD_NAME=web;K8S_POD_NAMESPACE=team',
      SEGW_CNI_SOCKET: socket,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // A plugin that has seen enough does not read on.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { output, code: child.exitCode };
}

function errorOf({ output, code }: Ended): { readonly code: number; readonly msg: string } {
  assert.equal(code, 1);
  const error: { code: number; msg: string } = JSON.parse(output);
  return error;
}

test('VERSION lists the versions', async () => {
  const { output, code } = await call('VERSION', '{"cniVersion":"1.0.0"}');
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(output), { cniVersion: '1.0.0', supportedVersions: ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] });
});

test('without our annotation ADD prints prevResult and does not connect', async () => {
  const { output, code } = await call('ADD', JSON.stringify(plain));
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(output), plain.prevResult);
});

test('with it and a dead agent ADD is a clear error, and DEL succeeds', async () => {
  const error = errorOf(await call('ADD', JSON.stringify(annotated)));
  assert.equal(error.code, 11);
  assert.match(error.msg, /the worker-agent of this node cannot be asked: connect: No such file or directory/);
  assert.deepEqual(await call('DEL', JSON.stringify(annotated)), { output: '', code: 0 });
});

test('with an agent ADD prints what it answers: the result, or the error', async () => {
  const socket = join(directory, 'agent.sock');
  const server = await startCniServer({
    path: socket,
    handle: async ({ pod, containerId, prevResult }) => {
      if (pod.name !== 'web') throw new Error('another pod');
      return { containerId, pod, prevResult };
    },
  });
  try {
    const pod = { namespace: 'team', name: 'web', uid: 'u1' };
    const { output, code } = await call('ADD', JSON.stringify(annotated), socket);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(output), { containerId: 'c1', pod, prevResult: annotated.prevResult });
  } finally {
    await server.stop();
  }
});

test('malformed input is an error', async () => {
  for (const input of ['', '{', 'null', '[]', '"x"', '['.repeat(200_000), '{"a":'.repeat(50_000)])
    assert.equal(errorOf(await call('ADD', input)).code, 6);
});

test('a large configuration passes, one without end does not', async () => {
  const large = { ...plain, padding: 'x'.repeat(1 << 20) };
  assert.equal((await call('ADD', JSON.stringify(large))).code, 0);
  assert.equal(errorOf(await call('ADD', 'x'.repeat(5 << 20))).code, 6);
});

test('whatever comes, the plugin ends by itself with JSON or nothing', async () => {
  const sound = Buffer.from(JSON.stringify(annotated));
  for (let count = 0; count < 100; count += 1) {
    const input = count % 2 === 0 ? randomBytes(randomInt(4096)) : damaged(sound);
    const { output, code } = await call(count % 3 === 0 ? 'DEL' : 'ADD', input);
    assert.ok(code === 0 || code === 1, `ended with ${String(code)} on ${input.toString('hex')}`);
    if (output !== '') JSON.parse(output);
  }
});

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = randomInt(1, 5); count > 0; count -= 1) copy[randomInt(copy.length)] = randomInt(256);
  return copy.subarray(0, randomInt(1, copy.length + 1));
}
