import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { execa } from 'execa';
import { run } from '../../../src/base/exec.ts';
import { repositoryDir } from '../../support/paths.ts';

const copied = ['segw', 'package.json', 'package-lock.json'];
/** What the launcher itself calls; npm and apt-get are not among them. */
const tools = ['bash', 'cat', 'dirname', 'env', 'flock', 'head', 'id', 'readlink', 'sed', 'sha256sum', 'uname'];
const nobody = 65_534;

interface Launch {
  readonly exitCode: number | undefined;
  readonly stderr: string;
}

let folder = '';

/** A copy of the launcher without node_modules, and a PATH with nothing but what it calls. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-launcher-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'repository'));
  await mkdir(join(folder, 'bin'));
  for (const file of copied) await copyFile(join(repositoryDir, file), join(folder, 'repository', file));
  for (const tool of tools) await symlink(await run('sh', ['-c', 'command -v "$0"', tool]), join(folder, 'bin', tool));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Puts a program that does what `script` says on PATH, before everything else. */
async function stub(program: string, script: string): Promise<void> {
  const path = join(folder, 'bin', program);
  await rm(path, { force: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

async function launch(user: { readonly uid?: number } = {}): Promise<Launch> {
  const { exitCode, stderr } = await execa(join(folder, 'repository/segw'), ['status'], {
    reject: false,
    env: { PATH: join(folder, 'bin'), HOME: folder },
    extendEnv: false,
    ...user,
  });
  return { exitCode, stderr };
}

/** One sentence that says what is wrong and what to do; exit code 1; nothing written. */
async function assertRefused(result: Launch, sentence: RegExp): Promise<void> {
  assert.match(result.stderr, sentence);
  assert.equal(result.stderr.split('\n').length, 1, `one line, not: ${result.stderr}`);
  assert.equal(result.exitCode, 1);
  assert.deepEqual((await readdir(join(folder, 'repository'))).sort(), [...copied].sort());
}

test('the launcher is valid bash', async () => {
  await run('bash', ['-n', join(repositoryDir, 'segw')]);
});

test('another system than Linux is refused with where it does run', async () => {
  await stub('uname', 'case $1 in -s) echo Darwin ;; -m) echo arm64 ;; esac');
  await assertRefused(await launch(), /^segw: this runs on Linux only \(here: Darwin\)\. A Linux virtual machine .* will do\.$/);
});

test('another processor is refused with those that are supported', async () => {
  await stub('uname', 'case $1 in -s) echo Linux ;; -m) echo riscv64 ;; esac');
  await assertRefused(await launch(), /^segw: this processor \(riscv64\) is not supported; x86_64 and aarch64 are\.$/);
});

test('without npm and without apt-get, the user is told to install npm', async () => {
  await assertRefused(
    await launch(),
    /^segw: npm is missing, and there is no apt-get .*\. Install npm 9 or newer, then run this again\.$/,
  );
});

test('without npm, somebody who is not root is told the command of root', async () => {
  await stub('apt-get', 'echo must not be called; exit 1');
  await chmod(join(folder, 'repository'), 0o777);
  await assertRefused(
    await launch({ uid: nobody }),
    /^segw: npm is missing, and only root can install it\. Run: sudo apt-get install npm$/,
  );
});

test('a folder of another user is named, since the libraries are installed into it', async () => {
  await stub('npm', 'echo must not be called; exit 1');
  await assertRefused(
    await launch({ uid: nobody }),
    /^segw: the libraries have to be installed once, and .*\/repository is not yours to write to\. Run this as its owner first\.$/,
  );
});

test('an installation that fails says so after the words of npm, and the next run tries again', async () => {
  await stub('npm', 'echo npm error network >&2; exit 1');
  for (const attempt of ['first', 'second']) {
    const { exitCode, stderr } = await launch();
    assert.equal(exitCode, 1, attempt);
    assert.match(stderr, /npm error network\nsegw: the packages could not be installed: .*then run this again\.$/, attempt);
  }
});

test('packages of Debian that cannot be installed are named', async () => {
  await stub('apt-get', 'echo "E: Unable to locate package npm" >&2; exit 100');
  const { exitCode, stderr } = await launch();
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /E: Unable to locate package npm\nsegw: these Debian packages could not be installed: npm ca-certificates\./,
  );
});
