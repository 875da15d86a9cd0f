import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { inNetns } from '../../../src/linux/netns.ts';
import { ensureWireguardGo } from '../../../src/linux/wireguard/userspace.ts';
import { runningProcess } from '../../../src/tunnel-host/process-record.ts';
import { createTunnelClient } from '../../../src/tunnel-host/tunnel-client.ts';
import { devicesWith, recordPath, socketPath, wantPath } from '../../../src/tunnel-host/tunnel-files.ts';
import { startTunnelHost } from '../../../src/tunnel-host/tunnel-host.ts';
import { endTunnel } from '../../../src/tunnel-host/tunnel.ts';
import { findBinary } from '../../support/binaries.ts';
import { repositoryDir } from '../../support/paths.ts';
import { Namespaces, ip, runIn } from '../linux/namespaces.ts';
import { patient } from '../../support/patience.ts';

const namespaces = new Namespaces();
const directory = join(namespaces.directory, 'tunnels');
const netns = namespaces.create('node');
const client = createTunnelClient({ directory, timeoutMs: patient(20_000) });
const log = createLogger('test', { level: 'silent' });
let binary: string;
let hosts: { stop(): Promise<void> }[] = [];

before(async () => {
  binary = await findBinary('wireguard-go');
});

afterEach(async () => {
  for (const host of hosts) await host.stop();
  hosts = [];
  const devices = [...(await devicesWith(directory, '.want')), ...(await devicesWith(directory, '.pid'))];
  for (const device of devices) await endTunnel(device, { directory, start: startIn, log });
  await rm(directory, { recursive: true, force: true });
});

after(() => namespaces.remove());

function start() {
  const host = startTunnelHost({ directory, log, start: startIn });
  hosts.push(host);
  return host;
}

function startIn(name: string): Promise<number | undefined> {
  return ensureWireguardGo({ binary, name, netns });
}

function newDevice(): string {
  return `t${randomBytes(5).toString('hex')}`;
}

async function pidOf(device: string): Promise<number | undefined> {
  return (await runningProcess(recordPath(directory, device)))?.pid;
}

function hasLink(device: string): boolean {
  return ip(netns, 'link show', 'ifname').some((link) => JSON.stringify(link).includes(device));
}

async function eventually(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  await pollUntil(what, async () => (await isSo()) || undefined, { timeoutMs: patient(10_000), intervalMs: 20 });
}

test('a wanted device is there when the client says so, once, and goes with its file', async () => {
  start();
  const device = newDevice();
  await client.ensure(device);
  await client.ensure(device);
  assert.ok(hasLink(device));
  await eventually('the record', async () => (await pidOf(device)) !== undefined);
  await client.remove(device);
  await client.remove(device);
  await eventually('the end', () => !hasLink(device) && !existsSync(socketPath(device)));
  await eventually('no record', () => !existsSync(recordPath(directory, device)));
});

test('a device that is wanted before tunnel-host starts is made at its start', async () => {
  const device = newDevice();
  const waiting = client.ensure(device);
  await eventually('the file', () => existsSync(wantPath(directory, device)));
  start();
  await waiting;
});

test('a process that is killed, and one whose link is deleted, is started again', async () => {
  start();
  const device = newDevice();
  await client.ensure(device);
  const ends: readonly ((pid: number) => void)[] = [
    (pid) => process.kill(pid, 'SIGKILL'),
    () => runIn(netns, 'ip', 'link', 'delete', device),
  ];
  for (const end of ends) {
    await eventually('the record', async () => (await pidOf(device)) !== undefined);
    const pid = await pidOf(device);
    end(pid ?? 0);
    await eventually('another process', async () => ![undefined, pid].includes(await pidOf(device)));
    assert.ok(hasLink(device));
  }
});

test('processes outlive tunnel-host, and the next one adopts or ends them', async () => {
  const host = start();
  const [kept, dropped] = [newDevice(), newDevice()];
  for (const device of [kept, dropped]) await client.ensure(device);
  for (const device of [kept, dropped]) await eventually('the record', async () => (await pidOf(device)) !== undefined);
  const pid = await pidOf(kept);
  await host.stop();
  await client.remove(dropped);
  assert.ok(hasLink(kept) && hasLink(dropped));
  start();
  await eventually('the end of the other', () => !hasLink(dropped));
  assert.equal(await pidOf(kept), pid);
  process.kill(pid ?? 0, 'SIGKILL');
  await eventually('another process', async () => ![undefined, pid].includes(await pidOf(kept)));
});

test('what a reboot leaves, a socket without a process and a record of nobody, is in no one’s way', async () => {
  const device = newDevice();
  const script = `require('node:net').createServer().listen('${socketPath(device)}')`;
  const earlier = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  await eventually('a socket', () => existsSync(socketPath(device)));
  earlier.kill('SIGKILL');
  await once(earlier, 'exit');
  start();
  writeFileSync(recordPath(directory, device), '{"pid":1,"startTime":"0"}\n');
  await client.ensure(device);
  await eventually('the record', async () => ![undefined, 1].includes(await pidOf(device)));
});

test('a file that names another device wants nothing', async () => {
  start();
  const [wrong, right] = [newDevice(), newDevice()];
  writeFileSync(wantPath(directory, wrong), '{"device":"sgw1"}\n');
  await client.ensure(right);
  assert.ok(!hasLink(wrong) && !hasLink('sgw1'));
});

test('without a tunnel-host the client says what it waited for', async () => {
  await assert.rejects(createTunnelClient({ directory, timeoutMs: 50 }).ensure(newDevice()), {
    code: 'Timeout',
    message: /wireguard-go for \w+, which tunnel-host starts: .*see the log of tunnel-host, which reads/u,
  });
});

test('the process ends at SIGTERM and leaves its devices', async () => {
  const device = newDevice();
  const child = startProcess(['--directory', directory, '--wireguard-go', binary]);
  try {
    await client.ensure(device);
    await eventually('the record', async () => (await pidOf(device)) !== undefined);
  } finally {
    child.kill('SIGTERM');
  }
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.ok(hasLink(device));
});

test('the process refuses wrong flags', async () => {
  assert.deepEqual(await once(startProcess(['--directory', 'tunnels']), 'exit'), [2, null]);
});

function startProcess(args: readonly string[]): ChildProcess {
  const program = join(repositoryDir, 'src/cmd/tunnel-host.ts');
  return inNetns(netns, () => spawn(process.execPath, [program, ...args], { stdio: 'ignore' }));
}
