import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { execa } from 'execa';
import { z } from 'zod';
import { daemonArguments } from '../../../src/cli/daemon-command-line.ts';
import { regionFiles } from '../../../src/cli/region-files.ts';
import { parseSettings, type Settings } from '../../../src/cli/settings.ts';
import { run } from '../../../src/base/exec.ts';
import { exists } from '../../../src/base/files.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { createSupply } from '../../../src/cluster/supply/supply.ts';
import { runCommandLine } from '../../support/command-line.ts';
import { takeHostSnapshot } from '../../support/host-snapshot.ts';
import { MountNamespace } from '../../support/mount-namespace.ts';
import { cacheDir, repositoryDir } from '../../support/paths.ts';

const findings = z.object({
  findings: z.array(z.object({ check: z.string(), severity: z.string(), message: z.string(), remedy: z.string().optional() })),
});
const segw = join(repositoryDir, 'segw');
const lowPorts = { SEGW_PORT: '15000' }; // of nobody else: derived ports begin at 17000

let folder = '';
let env = { SEGW_STATE_DIR: '', SEGW_CACHE_DIR: '' };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-faults-'));
  env = { SEGW_STATE_DIR: join(folder, 'state'), SEGW_CACHE_DIR: join(folder, 'cache') };
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What `segw doctor` found under the check's name. */
async function diagnose(check: string): Promise<z.output<typeof findings>['findings'][number] | undefined> {
  const { stdout } = await runCommandLine(['doctor', '--output', 'json'], { env });
  return findings.parse(JSON.parse(stdout)).findings.find((finding) => finding.check === check);
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

function spawnDaemon({ stateDir }: Settings) {
  return execa(process.execPath, daemonArguments(repositoryDir, 'serve', stateDir), {
    reject: false,
    env: { SEGW_CACHE_DIR: cacheDir, ...lowPorts },
  });
}

/** A daemon that answers; an object around it, since the process itself can be awaited. */
async function serve(settings: Settings): Promise<{ readonly daemon: ReturnType<typeof spawnDaemon> }> {
  const daemon = spawnDaemon(settings);
  await pollUntil('the region is ready', async () => ((await exists(regionFiles(settings).ready)) ? true : undefined), {
    timeoutMs: 30_000,
  });
  return { daemon };
}

describe('a port that another program listens on', () => {
  for (const port of [15_000, 15_002]) {
    test(`${String(port)}: up names it and the way out before anything is written`, async () => {
      const server = await listen(port);
      const { code, stderr } = await runCommandLine(['up'], { env: { ...env, ...lowPorts } });
      server.close();
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`port ${String(port)} of 127\\.0\\.0\\.1 is taken: another program listens on it\n`));
      assert.match(stderr, /set SEGW_PORT to another first port of 16\. \[PortTaken\]\n$/);
      assert.deepEqual(await readdir(folder), []);
    });
  }

  test('a daemon that meets it leaves nothing running and says why; once it is free, the next one serves', async () => {
    const settings = parseSettings({ ...env, ...lowPorts });
    const marks = [settings.stateDir, `segw-${settings.installation}`];
    const before = await takeHostSnapshot(marks);
    const server = await listen(15_000);
    const refused = await spawnDaemon(settings);
    server.close();
    assert.equal(refused.exitCode, 1);
    assert.match(
      refused.stderr,
      /"code":"PortTaken","remedy":"End that program.*"msg":"listen on 127\.0\.0\.1:15000: .*EADDRINUSE/,
    );
    assert.deepEqual(await takeHostSnapshot(marks), before);

    const { daemon } = await serve(settings);
    daemon.kill('SIGTERM');
    assert.equal((await daemon).exitCode, 0);
    await run(process.execPath, daemonArguments(repositoryDir, 'sweep', settings.stateDir));
    assert.deepEqual(await takeHostSnapshot(marks), before);
  });
});

test('a daemon that hangs: status, doctor and up say so, and the way out', async () => {
  const running = { ...env, ...lowPorts, SEGW_CACHE_DIR: cacheDir };
  const settings = parseSettings(running);
  const { daemon } = await serve(settings);
  daemon.kill('SIGSTOP');
  try {
    const status = await runCommandLine(['status'], { env: running });
    assert.equal(status.code, 0);
    assert.match(status.stdout, /^silent +https:\/\/127\.0\.0\.1:15000/m);
    assert.match(status.stderr, /The region does not answer: .*Run `segw down`, which ends it hard, then `segw up`/);
    const { severity, remedy } = (await diagnose('region')) ?? {};
    assert.equal(severity, 'error');
    assert.match(remedy ?? '', /^Run `segw down`/);
    const up = await runCommandLine(['up'], { env: running });
    assert.equal(up.code, 1);
    assert.match(up.stderr, /segw: the region runs, but .*\n {2}Run `segw down`, which ends it hard, .* \[RegionFailed\]\n$/);
  } finally {
    daemon.kill('SIGKILL');
    await daemon;
    await run(process.execPath, daemonArguments(repositoryDir, 'sweep', settings.stateDir));
  }
});

describe('a full disk', () => {
  let namespace: MountNamespace | undefined;

  after(() => namespace?.end());

  /** The cache of this machine, but without one image, and with 40 MB for what is written to it. */
  async function mountSmallCache(): Promise<MountNamespace> {
    const made = await MountNamespace.create();
    namespace = made;
    await mkdir(env.SEGW_CACHE_DIR);
    await mkdir(join(folder, 'room'));
    await made.script(
      `mount -t tmpfs -o size=40M tmpfs "$0/room"; mkdir "$0/room/upper" "$0/room/work"
       mount -t overlay overlay -o "lowerdir=$1,upperdir=$0/room/upper,workdir=$0/room/work" "$0/cache"
       rm -rf "$0"/cache/images/coredns-*`,
      folder,
      cacheDir,
    );
    return made;
  }

  test('is named with its folders; nothing half made is kept, and with room the next run continues to the end', async () => {
    const small = await mountSmallCache();
    const entries = ['sh', '-c', 'cd "$0" && ls -d images/coredns-* */*.partial 2>/dev/null', env.SEGW_CACHE_DIR];
    const full = await small.run([segw, 'up'], env);
    assert.equal(full.code, 1);
    assert.match(
      full.stderr,
      /segw: the disk is full \(SEGW_CACHE_DIR .*\/cache has \d+ MiB, SEGW_STATE_DIR .*\/state has \w+ MiB\)/,
    );
    assert.match(full.stderr, /\n {2}Make room on it, .* it continues\. \[DiskFull\]$/);
    assert.equal((await small.run(entries, {})).stdout, '');
    assert.equal(await exists(env.SEGW_STATE_DIR), false);

    await small.script('mount -o remount,size=2G "$0/room"', folder);
    try {
      const roomy = await small.run([segw, 'up'], env);
      assert.equal(roomy.code, 0, roomy.stderr);
      assert.match((await small.run(entries, {})).stdout, /^images\/coredns-\S+$/);
    } finally {
      const down = await small.run([segw, 'down', '--purge'], env);
      assert.equal(down.code, 0, down.stderr);
    }
    assert.equal(await exists(env.SEGW_STATE_DIR), false);
  });
});

describe('what cannot be had', () => {
  /** Programs that every Debian has; no Go, no apt. */
  async function barePath(): Promise<string> {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    for (const program of ['sh', 'cat', 'cp', 'flock', 'mount', 'nsenter', 'rm', 'mkdir', 'tar', 'touch', 'unshare'])
      await symlink(await run('sh', ['-c', 'command -v "$0"', program]), join(bin, program));
    return bin;
  }

  function leftovers(): readonly string[] {
    return globSync(join(env.SEGW_CACHE_DIR, '{bin,go,roots,images,layers}/*'));
  }

  test('a program without its archive and without Go: the error names version and way out, and nothing is kept', async () => {
    const offline = { HTTPS_PROXY: 'http://127.0.0.1:1', PATH: await barePath() };
    const main = join(repositoryDir, 'src/cmd/segw.ts');
    const { exitCode, stderr } = await execa(process.execPath, [main, 'up'], { reject: false, env: { ...env, ...offline } });
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /segw: Go 1\.24 or newer is needed; there is none on PATH, and none could be fetched: this host has no apt-get/,
    );
    assert.match(stderr, /\n {2}Install Go 1\.24 or newer and put it on PATH\. \[GoMissing\]$/);
    assert.deepEqual(leftovers(), []);
    assert.equal(await exists(env.SEGW_STATE_DIR), false);
  });

  test('a Debian root without apt-get: the error says that this host is no Debian', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = await barePath();
    try {
      const supply = createSupply({ cacheDir: env.SEGW_CACHE_DIR, repositoryDir });
      await assert.rejects(supply.ensureRoot('machine'), { code: 'DebianNeeded', message: /this host has no apt-get/ });
    } finally {
      process.env['PATH'] = path;
    }
    assert.deepEqual(leftovers(), []);
  });
});

describe('segw doctor finds', () => {
  test('a state folder that cannot hold the disks of machines', async () => {
    const namespace = await MountNamespace.create();
    try {
      await namespace.script(
        'cd "$0"; mkdir lower upper work state; mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work state',
        folder,
      );
      const doctor = await namespace.run([segw, 'doctor', '--output', 'json'], env);
      const found = findings.parse(JSON.parse(doctor.stdout)).findings.find(({ check }) => check === 'state-filesystem');
      assert.equal(doctor.code, 1);
      assert.equal(found?.severity, 'error');
      assert.match(found?.message ?? '', /the disks of machines cannot lie in .*\/state: mount/);
      assert.match(found?.remedy ?? '', /^Set SEGW_STATE_DIR to a folder on ext4/);
      const up = await namespace.run([segw, 'up'], env);
      assert.match(up.stderr, /cannot lie in .*\n {2}Set SEGW_STATE_DIR .* \[HostUnsuitable\]$/);
      assert.equal(await namespace.script('ls -A "$0/state"', folder), '');
    } finally {
      namespace.end();
    }
  });

  test('entries of the cache that a crash has emptied, and what an interrupted build has left', async () => {
    const entry = join(env.SEGW_CACHE_DIR, 'bin/coredns-v1-amd64-0123456789ab');
    await mkdir(entry, { recursive: true });
    await writeFile(join(entry, 'coredns'), 'program');
    assert.equal((await diagnose('cache'))?.severity, 'ok');
    await mkdir(`${entry}.1.partial`);
    assert.deepEqual((await diagnose('cache'))?.severity, 'warning');
    await truncate(join(entry, 'coredns'), 0);
    const { severity, message, remedy } = (await diagnose('cache')) ?? {};
    assert.deepEqual([severity, message], ['error', `damaged: ${entry}`]);
    assert.match(remedy ?? '', new RegExp(`^Run: rm -r ${entry} `));
  });

  test('why the last start failed', async () => {
    const { folder: region, log } = regionFiles({ stateDir: env.SEGW_STATE_DIR });
    await mkdir(region, { recursive: true });
    await writeFile(log, '{"level":60,"code":"DiskFull","remedy":"Make room.","msg":"the disk is full"}\n');
    const { severity, message, remedy } = (await diagnose('region')) ?? {};
    assert.deepEqual([severity, remedy], ['warning', 'Make room.']);
    assert.match(message ?? '', /the last start failed: the disk is full/);
  });
});
