import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../base/exec.ts';
import { silentProgress } from '../../base/progress.ts';
import { ensureBundle } from './bundle.ts';
import type { SupplyContext } from './supply-context.ts';

let directory: string;
let context: SupplyContext;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'segw-bundle-'));
  context = {
    cacheDir: join(directory, 'cache'),
    repositoryDir: join(directory, 'repository'),
    architecture: 'amd64',
    progress: silentProgress,
  };
  await mkdir(join(context.repositoryDir, 'src', 'cmd'), { recursive: true });
  await writeFile(join(context.repositoryDir, 'package-lock.json'), '{}');
  await writeFile(
    join(context.repositoryDir, 'src', 'cmd', 'a.ts'),
    "import { b } from '../b.ts';\nprocess.stdout.write(b satisfies string);\n",
  );
  await writeFile(
    join(context.repositoryDir, 'src', 'b.ts'),
    "import { basename } from 'node:path';\nexport const b: string = basename('/x/one');\n",
  );
});

after(() => rm(directory, { recursive: true }));

test('a bundle is one file that runs by itself, named after its program', async () => {
  const path = await ensureBundle(context, 'src/cmd/a.ts');
  const alone = join(directory, 'a.mjs');
  await copyFile(path, alone);
  assert.equal(await run(process.execPath, [alone]), 'one');
});

test('it is made again when a file that it imports changes, and has the same bytes when that changes back', async () => {
  const source = join(context.repositoryDir, 'src', 'b.ts');
  const text = await readFile(source, 'utf8');
  const first = await ensureBundle(context, 'src/cmd/a.ts');
  await writeFile(source, text.replace('one', 'two'));
  const second = await ensureBundle(context, 'src/cmd/a.ts');
  assert.equal(await run(process.execPath, [second]), 'two');
  await writeFile(source, text);
  assert.equal(await ensureBundle(context, 'src/cmd/a.ts'), first);
});

test('a program that is not there, and one that cannot be bundled, say which', async () => {
  await assert.rejects(ensureBundle(context, 'src/cmd/none.ts'), { code: 'NotFound', message: /src\/cmd\/none\.ts/ });
  await writeFile(join(context.repositoryDir, 'src', 'cmd', 'bad.ts'), "import '../missing.ts';\n");
  await assert.rejects(ensureBundle(context, 'src/cmd/bad.ts'), { code: 'InvalidInput', message: /missing\.ts/ });
});
