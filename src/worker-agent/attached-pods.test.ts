import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLogger } from '../base/log.ts';
import { AttachedPods, type RegisteredPod } from './attached-pods.ts';

const log = createLogger('test', { level: 'silent' });
let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'segw-pods-'));
});

after(async () => {
  await rm(directory, { recursive: true });
});

function pod(changes: Partial<RegisteredPod> = {}): RegisteredPod {
  return {
    uid: 'u1',
    namespace: 'team',
    name: 'web-1',
    containerId: 'c1',
    veth: 'veth1',
    address: '10.244.1.2',
    sgc: 'web',
    phase: 'attached',
    ...changes,
  };
}

async function registry(name: string, ...pods: readonly RegisteredPod[]): Promise<AttachedPods> {
  const { pods: made } = await AttachedPods.load(join(directory, name), log);
  for (const pod of pods) made.put(pod);
  return made;
}

test('what was saved is loaded, and only root can read it', async () => {
  const written = await registry('a', pod(), pod({ uid: 'u2', containerId: 'c2', veth: 'veth2', address: '10.244.1.3' }));
  await written.save();
  const { pods, isComplete } = await AttachedPods.load(join(directory, 'a'), log);
  assert.deepEqual(pods.list(), written.list());
  assert.ok(isComplete);
  assert.equal((await stat(join(directory, 'a'))).mode & 0o777, 0o600);
});

test('every save ends with what was there when it was asked for', async () => {
  const pods = await registry('b');
  const saves = ['u1', 'u2', 'u3'].map((uid) => {
    pods.put(pod({ uid, veth: uid }));
    return pods.save();
  });
  await Promise.all(saves);
  assert.match(await readFile(join(directory, 'b'), 'utf8'), /"u1".*"u2".*"u3"/);
});

for (const [title, text] of [
  ['is missing', undefined],
  ['is empty', ''],
  ['is cut off', '{"version":1,"pods":[{"uid":"u1"'],
  ['is of another version', '{"version":2,"pods":[]}'],
  ['names an address that is none', JSON.stringify({ version: 1, pods: [pod({ address: 'x' })] })],
] as const) {
  test(`a file that ${title} is not trusted`, async () => {
    const path = join(directory, 'c');
    await rm(path, { force: true });
    if (text !== undefined) await writeFile(path, text);
    const { pods, isComplete } = await AttachedPods.load(path, log);
    assert.deepEqual([pods.list(), isComplete], [[], false]);
  });
}

test('a sandbox takes the place of what was known without one, and of whoever had its link', async () => {
  const guarded = pod({ containerId: '', phase: 'guarded' });
  const gone = pod({ containerId: 'c0', phase: 'gone', veth: 'veth0' });
  const former = pod({ uid: 'u0', containerId: 'c9' });
  const pods = await registry('d', guarded, gone, former, pod());
  assert.deepEqual(pods.list(), [pod()]);
});

test('an entry keeps its place: a pod that leaves does not take its address back from the next one', async () => {
  const next = pod({ uid: 'u2', containerId: 'c2', veth: 'veth2' });
  const pods = await registry('e', pod(), next);
  pods.put(pod({ phase: 'leaving' }));
  assert.deepEqual(pods.list(), [pod({ phase: 'leaving' }), next]);
});
