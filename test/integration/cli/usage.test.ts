import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { execa } from 'execa';
import { z } from 'zod';
import { runCommandLine } from '../../support/command-line.ts';
import { repositoryDir } from '../../support/paths.ts';

const folder = await mkdtemp(join(tmpdir(), 'segw-usage-'));
const stateDir = join(folder, 'state');
const env = { SEGW_STATE_DIR: stateDir, SEGW_CACHE_DIR: join(folder, 'cache') };
const nobody = 65_534;

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const wrongUsage: readonly {
  readonly line: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly says: readonly RegExp[];
}[] = [
  { line: 'nope', says: [/unknown command 'nope'/, /allowed: .*up, down, status, .*; segw --help explains them/] },
  { line: 'aks nope', says: [/unknown command 'nope'/, /allowed: create, update, show, .*; segw aks --help explains them/] },
  { line: 'aks nodepool nope', says: [/unknown command 'nope'/, /allowed: add, .*; segw aks nodepool --help explains them/] },
  { line: 'up --nope', says: [/unknown option '--nope'/, /segw up --help lists its arguments and flags/] },
  { line: 'up --feature-registration-seconds soon', says: [/from 0 to 3600/] },
  { line: 'up more', says: [/too many arguments for 'up'/, /segw up --help/] },
  { line: 'status -o xml', says: [/--output/, /'xml' is invalid/, /table, json, yaml/] },
  { line: 'status --output', says: [/'-o, --output <format>' argument missing/] },
  { line: 'test nope', says: [/level: "nope"/, /allowed: unit, scenario, integration/] },
  { line: 'exec', says: [/missing required argument 'command'/, /segw exec --help/] },
  { line: 'image load', says: [/missing required argument 'archive'/, /segw image load --help/] },
  { line: 'image load /nonexistent.tar', says: [/\/nonexistent\.tar: not an OCI image archive/, /docker save/] },
  { line: 'aks create', says: [/required option '-g, --resource-group <group>' not specified/] },
  { line: 'aks create -g group', says: [/required option '-n, --name <cluster>' not specified/] },
  { line: 'aks create -g group -n name --node-count many', says: [/--node-count/, /'many' is invalid/, /whole number/] },
  { line: 'aks nodepool add -g group --cluster-name name', says: [/'-n, --name <pool>' not specified/] },
  {
    line: 'aks nodepool add -g group --cluster-name name -n pool --mode best',
    says: [/--mode/, /'best' is invalid/, /system, user, gateway/],
  },
  { line: 'status', variables: { SEGW_PORT: 'abc' }, says: [/SEGW_PORT: "abc" is not allowed; a number from 1024 to 65519 is/] },
  { line: 'up', variables: { SEGW_PORT: '80' }, says: [/SEGW_PORT: "80"/, /from 1024 to 65519/] },
  { line: 'down', variables: { SEGW_STATE_DIR: '/a:b' }, says: [/SEGW_STATE_DIR: "\/a:b"/, /without colon/] },
];

describe('wrong usage ends with code 2, names field, value and what is allowed, and does nothing', () => {
  for (const { line, variables = {}, says } of wrongUsage) {
    const set = Object.entries(variables).map(([name, value]) => `${name}=${value} `);
    test(`${set.join('')}segw ${line}`, async () => {
      const { code, stdout, stderr } = await runCommandLine(line.split(' '), { env: { ...env, ...variables } });
      for (const part of says) assert.match(stderr, part);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.deepEqual(await readdir(folder), []);
    });
  }
});

test('segw alone prints help and succeeds', async () => {
  const { code, stdout, stderr } = await runCommandLine([]);
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: segw/);
  assert.equal(stderr, '');
});

test('help works whatever the environment says', async () => {
  const { code, stdout } = await runCommandLine(['up', '--help'], { env: { SEGW_PORT: 'abc' } });
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: segw up/);
});

describe('somebody who is not root', () => {
  for (const line of ['up', 'down', 'down --purge', 'demo', 'exec true', 'test privileged']) {
    test(`cannot run segw ${line}, and is told how to`, async () => {
      const { code, stderr } = await runCommandLine(line.split(' '), { env, userId: nobody });
      assert.equal(code, 1);
      assert.match(stderr, /and you are not root\n {2}Run it as root, for example: sudo \.\/segw \.\.\. \[NeedsRoot\]\n$/);
      assert.deepEqual(await readdir(folder), []);
    });
  }

  test('is recognized by the real process', async () => {
    // The capability lets the user read the repository wherever it lies.
    const capability = '+dac_read_search';
    const user = ['--reuid', String(nobody), '--clear-groups', '--inh-caps', capability, '--ambient-caps', capability];
    const { exitCode, stderr } = await execa(
      'setpriv',
      [...user, process.execPath, join(repositoryDir, 'src/cmd/segw.ts'), 'up'],
      { reject: false, env },
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /\[NeedsRoot\]$/);
  });

  for (const line of ['status', 'env', 'aks list', 'doctor']) {
    test(`gets no stack of an error from segw ${line} on a region of root's`, async () => {
      await mkdir(join(stateDir, 'region'), { recursive: true, mode: 0o700 });
      await writeFile(join(stateDir, 'region/credentials.json'), '{}', { mode: 0o600 });
      process.seteuid?.(nobody);
      try {
        const { stdout, stderr } = await runCommandLine(line.split(' '), { env, userId: nobody });
        assert.doesNotMatch(stdout + stderr, /Please report|\n {4}at /);
        if (line !== 'status' && line !== 'doctor') assert.match(stderr, /EACCES.*\n.*sudo \.\/segw/);
      } finally {
        process.seteuid?.(0);
        await rm(stateDir, { recursive: true });
      }
    });
  }
});

test('without a region, status says so and succeeds; env says how to start one', async () => {
  const status = await runCommandLine(['status', '--output', 'json'], { env });
  assert.equal(status.code, 0);
  assert.deepEqual(z.object({ running: z.boolean(), state: z.string() }).parse(JSON.parse(status.stdout)), {
    running: false,
    state: 'stopped',
  });
  const variables = await runCommandLine(['env'], { env });
  assert.equal(variables.code, 1);
  assert.match(variables.stderr, /no region has been started in .*\n {2}Start it: sudo \.\/segw up \[RegionMissing\]\n$/);
});

for (const line of ['az account show', 'exec -- true']) {
  test(`without a region, segw ${line} says how to start one`, async () => {
    const { code, stderr, became } = await runCommandLine(line.split(' '), { env });
    assert.deepEqual([code, became], [1, undefined]);
    assert.match(stderr, /\n {2}Start it: sudo \.\/segw up \[RegionMissing\]\n$/);
  });
}

test('credentials that a crash has cut short are named, with the way out', async () => {
  await mkdir(join(stateDir, 'region'), { recursive: true });
  await writeFile(join(stateDir, 'region/credentials.json'), '{"armEndpoint": "https://127');
  const { code, stderr } = await runCommandLine(['env'], { env });
  await rm(stateDir, { recursive: true });
  assert.equal(code, 1);
  assert.match(stderr, /credentials\.json is damaged\n {2}Run `segw down`, then `segw up`/);
});

test('a state folder with files of others is neither used nor purged', async () => {
  await mkdir(stateDir);
  await writeFile(join(stateDir, 'letter.txt'), 'dear');
  for (const line of ['up', 'down --purge']) {
    const { code, stderr } = await runCommandLine(line.split(' '), { env });
    assert.equal(code, 2, line);
    assert.match(
      stderr,
      /SEGW_STATE_DIR: ".*\/state" holds files that no region made \(letter\.txt\)\n {2}Give a folder that is empty/,
    );
    assert.deepEqual(await readdir(stateDir), ['letter.txt'], line);
  }
  await rm(stateDir, { recursive: true });
});

test('an interrupted command says so, and that the same command continues', async () => {
  const { code, stderr } = await runCommandLine(['up'], { env, signal: AbortSignal.abort(new Error('ended by SIGINT')) });
  assert.equal(code, 1);
  assert.match(stderr, /segw: ended by SIGINT\n {2}Run the same command again to continue\.\n$/);
  await rm(env.SEGW_CACHE_DIR, { recursive: true, force: true });
});

describe('segw doctor', () => {
  const schema = z.strictObject({
    ok: z.boolean(),
    findings: z.array(
      z.strictObject({
        check: z.string().regex(/^[a-z-]+$/),
        severity: z.enum(['ok', 'warning', 'error']),
        message: z.string().min(1),
        remedy: z.string().min(1).optional(),
      }),
    ),
  });

  test('prints findings for programs, each with a way out unless all is well, and changes nothing', async () => {
    const { code, stdout } = await runCommandLine(['doctor', '--output', 'json'], { env });
    const { ok, findings } = schema.parse(JSON.parse(stdout));
    assert.deepEqual([code, ok], [0, true], stdout);
    for (const { severity, remedy } of findings) assert.equal(remedy === undefined, severity === 'ok');
    assert.equal(new Set(findings.map(({ check }) => check)).size, findings.length);
    assert.deepEqual(await readdir(folder), []);
  });

  test('ends with 1 when it finds an error', async () => {
    const { code, stdout } = await runCommandLine(['doctor', '--output', 'json'], { env, userId: nobody });
    const { ok, findings } = schema.parse(JSON.parse(stdout));
    assert.deepEqual([code, ok], [1, false]);
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error').map(({ check }) => check),
      ['root'],
    );
  });
});
