import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { run } from '../../../src/base/exec.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { createSupply } from '../../../src/cluster/supply/supply.ts';
import { bindInNetns } from '../../../src/linux/bound-socket.ts';
import { createFabricKernel } from '../../../src/linux/fabric-kernel.ts';
import { createFabric } from '../../../src/region/fabric/fabric.ts';
import { fabricSettings, routerNamespace } from '../../../src/region/fabric/fabric-settings.ts';
import { listenHttp } from '../../../src/region/listening-server.ts';
import { createLocalPlatform } from '../../../src/region/local-platform.ts';
import { createRouterServers } from '../../../src/region/router-servers.ts';
import { createMachines } from '../../../src/region/machines/machines.ts';
import { libnftables } from '../../../src/region/machines/toolbox.ts';
import { sweep } from '../../../src/region/machines/sweep.ts';
import type { LinkLoss, NetworkState } from '../../../src/region/fabric/network-state.ts';
import { noClusters } from '../../support/no-clusters.ts';
import { cacheDir, repositoryDir } from '../../support/paths.ts';

const installation = `t${String(process.pid)}`;
const log = createLogger('test', { level: 'silent' });
const stateDir = await mkdtemp(join(tmpdir(), 'segw-machines-'));
const namespaces = join(stateDir, 'netns');
const supply = createSupply({ cacheDir, repositoryDir });
const kernel = createFabricKernel({ library: libnftables(await supply.ensureRoot('machine')) });
const fabric = createFabric({ kernel, folder: namespaces, log });
/** As if the host had no more. */
let watchersLeft = Infinity;

const machines = createMachines({
  stateDir,
  installation,
  fabric,
  root: () => supply.ensureRoot('machine'),
  binaries: () => supply.ensureBinaries(['coredns', 'node']),
  freeFileWatchers: (wanted) => Math.min(wanted, watchersLeft),
});
const routerServers = createRouterServers({
  namespacePath: (key) => fabric.namespacePath(routerNamespace(key)),
  bind: bindInNetns,
});
routerServers.offer({
  address: fabricSettings.metadataAddress,
  port: 80,
  serve: async (fd, networkKey) =>
    listenHttp(
      { fetch: (_request, { incoming }) => new Response(`${networkKey} ${String(incoming.socket.remoteAddress)}`) },
      { fd },
    ),
});
const platform = createLocalPlatform({
  stateDir,
  fabric,
  machines,
  clusters: noClusters,
  routerServers,
  connectToMember: () => assert.fail('no load balancer is probed'),
});
const subnet = { address: '10.224.0.0', prefixLength: 16 };
const network: NetworkState = {
  virtualNetworks: [
    {
      key: 'one',
      subnets: [subnet],
      ports: [
        { machine: 'vm-a', addresses: ['10.224.0.5', '10.224.0.50'], mac: '02:5e:00:00:00:05', isConnected: true },
        { machine: 'vm-b', addresses: ['10.224.0.6'], mac: '02:5e:00:00:00:06', isConnected: true },
        { machine: 'vm-c', addresses: ['10.224.0.7'], mac: '02:5e:00:00:00:07', isConnected: true },
        { machine: 'vm-d', addresses: ['10.224.0.8'], mac: '02:5e:00:00:00:08', isConnected: false },
      ],
      routes: [{ destination: { address: '10.244.1.0', prefixLength: 24 }, nextHop: '10.224.0.5' }],
      publicAddresses: [{ privateAddress: '10.224.0.50', publicAddress: '203.0.113.8' }],
      outbound: [
        { privateAddress: '10.224.0.5', publicAddress: '198.51.100.4' },
        { privateAddress: '10.224.0.6', publicAddress: '198.51.100.4' },
      ],
    },
  ],
};
const content = () =>
  Promise.resolve({
    files: [{ path: '/etc/resolv.conf', content: 'nameserver 168.63.129.16\n' }],
    services: [{ name: 'clock', command: ['sh', '-c', 'date; exec sleep 600'] }],
  });
const before_ = await hostState();

before(async () => {
  await platform.network.apply(network);
  for (const name of ['vm-a', 'vm-b', 'vm-c']) {
    await platform.machines.start({ name, address: '', subnet, content });
  }
});

after(async () => {
  await routerServers.stop();
  await sweep({ stateDir, installation, namespaces, kernel });
  await rm(stateDir, { recursive: true, force: true });
  assert.deepEqual(await hostState(), before_, 'the host is as it was');
});

test('a machine reaches the internet by name and leaves with its outbound address', async () => {
  assert.equal(await ask('vm-a', []), '198.51.100.4');
  assert.equal(await ask('vm-b', []), '198.51.100.4');
});

test('a secondary address with a public address leaves as that one, and is delivered from outside', async () => {
  await machines.run('vm-a', ['ip', 'addr', 'add', '10.224.0.50/32', 'dev', 'lo']);
  assert.equal(await ask('vm-a', ['--interface', '10.224.0.50']), '203.0.113.8');
  await machines.run('internet', ['ping', '-c', '1', '-W', '2', '203.0.113.8']);
});

test('the router answers at the metadata address, and sees who asks', async () => {
  const askRouter = async (machine: string): Promise<string> =>
    machines.run(machine, ['curl', '--silent', '--max-time', '5', 'http://169.254.169.254/']);
  assert.equal(await askRouter('vm-a'), 'one 10.224.0.5');
  assert.equal(await askRouter('vm-c'), 'one 10.224.0.7', 'also one that is not let out');
});

test('an address of the subnet without a way out is not let out', async () => {
  await assert.rejects(ask('vm-c', ['--max-time', '1']), /curl/);
});

test('the on-premises network sees private addresses', async () => {
  assert.equal(
    (await machines.run('vm-a', ['curl', '--silent', '--max-time', '5', 'http://onprem.segw.test/'])).trim(),
    '10.224.0.5',
  );
});

test('machines reach each other, and an address that nobody has is refused at once', async () => {
  await machines.run('vm-a', ['ping', '-c', '1', '-W', '2', '10.224.0.6']);
  await assert.rejects(machines.run('vm-a', ['ping', '-c', '1', '-W', '2', '10.224.0.99']), /100% packet loss/);
});

test('a service that ends is started again, and its output is in its log', async () => {
  await machines.run('vm-b', ['pkill', '-f', 'sleep 600']);
  await pollUntil(
    'the second line',
    async () => ((await machines.run('vm-b', ['cat', '/var/log/clock.log'])).split('\n').length > 1 ? true : undefined),
    {
      timeoutMs: 10_000,
    },
  );
});

test('power-off keeps the disk, wiping does not', async () => {
  await machines.run('vm-b', ['sh', '-c', 'echo kept > /root/mark']);
  await machines.powerOff('vm-b', { skipShutdown: true });
  assert.equal(await machines.powerState('vm-b'), 'stopped');
  await assert.rejects(machines.run('vm-b', ['true']), { code: 'MachineNotRunning' });
  await machines.start({ name: 'vm-b', address: '', subnet, content });
  assert.equal((await machines.run('vm-b', ['cat', '/root/mark'])).trim(), 'kept');
  assert.equal(await ask('vm-b', []), '198.51.100.4');
  await machines.wipe('vm-b');
  await machines.start({ name: 'vm-b', address: '', subnet, content });
  await assert.rejects(machines.run('vm-b', ['cat', '/root/mark']));
});

test('a host without inotify instances for another machine says so, and does not touch those that run', async () => {
  watchersLeft = 9;
  await assert.rejects(platform.machines.start({ name: 'vm-d', address: '', subnet, content }), {
    code: 'FileWatchersExhausted',
    message: 'start vm-d: the host has 9 inotify instances left, a machine needs 10',
  });
  await platform.machines.start({ name: 'vm-a', address: '', subnet, content });
  watchersLeft = Infinity;
});

test('starting twice is starting once', async () => {
  const one = await machines.run('vm-a', ['stat', '-c', '%Z', '/proc/1']);
  await machines.start({ name: 'vm-a', address: '', subnet, content });
  assert.equal(await machines.run('vm-a', ['stat', '-c', '%Z', '/proc/1']), one);
});

test('a partition cuts two places off from each other, and nothing else', async () => {
  await lose({ from: { machine: 'vm-a' }, to: { machine: 'vm-b' }, percent: 100 });
  assert.deepEqual([await echoes('vm-a', '10.224.0.6'), await echoes('vm-b', '10.224.0.5')], [0, 0]);
  assert.equal(await echoes('vm-a', '10.224.0.7'), 3);
  assert.equal(await ask('vm-a', []), '198.51.100.4');
  await lose({ from: { machine: 'vm-a' }, to: 'internet', percent: 100 });
  assert.deepEqual([await echoes('vm-a', '192.0.2.10'), await echoes('vm-a', '172.31.0.10')], [0, 3]);
  await lose({ from: { machine: 'vm-a' }, to: 'azure', percent: 100 });
  assert.deepEqual([await echoes('vm-a', '168.63.129.16'), await echoes('vm-a', '192.0.2.10')], [0, 3]);
  await platform.network.apply(network);
  assert.deepEqual([await echoes('vm-a', '10.224.0.6'), await echoes('vm-a', '168.63.129.16')], [3, 3]);
});

test('a loss takes its share of the packets, by chance', async () => {
  await lose({ from: 'any', to: 'any', percent: 30 });
  // Each of 200 has to pass twice: 98 are expected, and outside of these borders is one run in a billion.
  const passed = await echoes('vm-a', '10.224.0.7', 200);
  await platform.network.apply(network);
  assert.ok(passed > 50 && passed < 150, String(passed));
});

test('the internet host counted every source, and no untranslated one', () => {
  const internet = kernel.open(fabric.namespacePath('internet'));
  const table = internet.listRules('table ip internet');
  internet.close();
  // A host without /etc/protocols shows the number of a protocol.
  assert.match(table, /198\.51\.100\.4 \. \S+ \. 80 counter packets [1-9]/);
  assert.match(table, /203\.0\.113\.8 \. \S+ \. 80 counter packets [1-9]/);
  assert.match(table, /counter untranslated \{\s+packets 0 bytes 0/);
});

async function lose(loss: LinkLoss): Promise<void> {
  await platform.network.apply({ virtualNetworks: network.virtualNetworks.map((one) => ({ ...one, losses: [loss] })) });
}

/** How many of `count` pings were answered. */
async function echoes(machine: string, address: string, count = 3): Promise<number> {
  const ping = `ping -q -i 0.01 -W 0.3 -c ${String(count)} ${address} || true`;
  return Number(/(\d+) received/.exec(await machines.run(machine, ['sh', '-c', ping]))?.[1]);
}

async function ask(machine: string, options: readonly string[]): Promise<string> {
  return (
    await machines.run(machine, ['curl', '--silent', '--show-error', '--max-time', '5', ...options, 'http://ifconfig.me/'])
  ).trim();
}

/** What must not change on the host: mounts, links, rules, routes, cgroups. */
async function hostState(): Promise<unknown> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').length;
  const [links, rules, routes] = await Promise.all(['link', 'rule', 'route'].map((what) => run('ip', ['-brief', what])));
  return { mounts, links: links?.split('\n').length, rules, routes, cgroups: (await readdir('/sys/fs/cgroup')).length };
}
