import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { configurationOf, factsOf, workerOf } from '../../test/support/gateway-agent/objects.ts';
import { planGateway } from './inputs.ts';
import { ProgrammeFile } from './programme-file.ts';

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
  assert.equal(await new ProgrammeFile(path).read(), undefined);
  await new ProgrammeFile(path).write(programme);
  assert.deepEqual(await new ProgrammeFile(path).read(), programme);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('what was removed is forgotten', async () => {
  const path = join(directory, 'removed.json');
  const file = new ProgrammeFile(path);
  await file.write(programme);
  await file.write(undefined);
  assert.equal(await new ProgrammeFile(path).read(), undefined);
});

for (const damaged of ['', '{', '[]', '{"inputs":{}}', JSON.stringify({ ...programme, acknowledgement: 1 })])
  test(`a file that says ${damaged.slice(0, 20) || 'nothing'} says nothing`, async () => {
    const path = join(directory, 'damaged.json');
    await writeFile(path, damaged);
    assert.equal(await new ProgrammeFile(path).read(), undefined);
  });
