import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLogger } from '../base/log.ts';
import { configurationOf, factsOf, workerOf } from '../../test/support/gateway-agent/objects.ts';
import { planGateway } from './inputs.ts';
import { keepWithKey, openProgrammeFile } from './programme-file.ts';

const log = createLogger('test', { level: 'silent' });
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'segw-programme-'));
});

after(async () => {
  await rm(directory, { recursive: true });
});

const plan = planGateway(factsOf({ vmConfigurations: [configurationOf('a')], workers: [workerOf(1, { labels: ['a'] })] }));
const programme = plan.kind === 'serve' ? plan.programme : undefined;

test('a later agent reads what an earlier one wrote', async () => {
  const path = join(directory, 'gateway.json');
  assert.equal(await openProgrammeFile(path, log).read(), undefined);
  await openProgrammeFile(path, log).write(programme);
  assert.deepEqual(await openProgrammeFile(path, log).read(), programme);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('what was removed is forgotten', async () => {
  const path = join(directory, 'removed.json');
  const file = openProgrammeFile(path, log);
  await file.write(programme);
  await file.write(undefined);
  assert.equal(await openProgrammeFile(path, log).read(), undefined);
});

for (const damaged of ['', '{', '[]', '{"inputs":{}}', JSON.stringify({ ...programme, acknowledgement: 1 })])
  test(`a file that says ${damaged.slice(0, 20) || 'nothing'} says nothing`, async () => {
    const path = join(directory, 'damaged.json');
    await writeFile(path, damaged);
    assert.equal(await openProgrammeFile(path, log).read(), undefined);
  });

test('the key goes with the programme, and comes back with it', async () => {
  const calls: string[] = [];
  const note = (name: string) => () => Promise.resolve(void calls.push(name));
  const store = keepWithKey({ write: note('write') }, { remove: note('remove key'), restore: note('restore key') });
  await store.write(programme);
  assert.deepEqual(calls.splice(0), ['write']);
  await store.write(undefined);
  assert.deepEqual(calls.splice(0), ['write', 'remove key']);
  await store.write(programme);
  assert.deepEqual(calls.splice(0), ['write', 'restore key']);
});
