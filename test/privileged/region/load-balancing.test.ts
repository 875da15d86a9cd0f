import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { createSupply } from '../../../src/cluster/supply/supply.ts';
import { bindInNetns } from '../../../src/linux/bound-socket.ts';
import { createFabricKernel } from '../../../src/linux/fabric-kernel.ts';
import { deleteNetns, listNetns } from '../../../src/linux/netns.ts';
import { connectInNetns } from '../../../src/linux/netns-connection.ts';
import { createFabric } from '../../../src/region/fabric/fabric.ts';
import { fabricSettings } from '../../../src/region/fabric/fabric-settings.ts';
import type { LoadBalancingState, NetworkState } from '../../../src/region/fabric/network-state.ts';
import { libnftables } from '../../../src/region/machines/toolbox.ts';
import { cacheDir, repositoryDir } from '../../support/paths.ts';

const folder = await mkdtemp(join(tmpdir(), 'segw-load-balancing-'));
const kernel = createFabricKernel({
  library: libnftables(await createSupply({ cacheDir, repositoryDir }).ensureRoot('machine')),
});
const fabric = createFabric({ kernel, folder, log: createLogger('test', { level: 'silent' }) });
const publicFrontend = '198.51.100.7';
const privateFrontend = '10.224.0.100';
const machines = { a: '10.224.0.5', b: '10.224.0.6', c: '10.224.0.7' } as const;
const both = [machines.a, machines.b];
const rule = { protocol: 'tcp', isPublic: true, address: publicFrontend, byAddressOnly: false, backends: both } as const;
const rules: readonly LoadBalancingState[] = [
  { ...rule, port: 80, backendPort: 80, keepsDestination: true },
  { ...rule, port: 81, backendPort: 8080, keepsDestination: false },
  { ...rule, port: 82, backendPort: 8080, keepsDestination: false, byAddressOnly: true },
  { ...rule, port: 8080, backendPort: 8080, keepsDestination: false, isPublic: false, address: privateFrontend },
];
const servers: Server[] = [];

function networkWith(loadBalancing: readonly LoadBalancingState[]): NetworkState {
  const ports = Object.entries(machines).map(([name, address], index) => ({
    machine: `vm-${name}`,
    addresses: [address],
    mac: `02:5e:00:00:00:0${String(index + 1)}`,
    isConnected: true,
  }));
  const subnets = [{ address: '10.224.0.0', prefixLength: 16 }];
  const outbound = Object.values(machines).map((privateAddress) => ({ privateAddress, publicAddress: '198.51.100.4' }));
  return { virtualNetworks: [{ key: 'one', subnets, ports, routes: [], publicAddresses: [], outbound, loadBalancing }] };
}

function machineNetns(name: string): string {
  return join(folder, `machine-vm-${name}`);
}

/** Says who it is, who calls and which of its addresses was called; then echoes. */
async function serve(name: string, address: string, port: number): Promise<void> {
  const server = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    const { remoteAddress, localAddress } = connection;
    connection.write(`${name} ${remoteAddress ?? ''} ${localAddress ?? ''}\n`);
    connection.pipe(connection);
  });
  server.listen({ fd: bindInNetns(machineNetns(name), { address, port }) });
  await once(server, 'listening');
  servers.push(server);
}

async function lineFrom(connection: Socket): Promise<string> {
  const [data]: Buffer[] = await once(connection, 'data');
  return String(data).trim();
}

interface Greeting {
  readonly server: string | undefined;
  readonly client: string | undefined;
  readonly called: string | undefined;
}

async function greet(netns: string, from: string, place: { readonly address: string; readonly port: number }): Promise<Greeting> {
  const connection = connectInNetns(join(folder, netns), { from, ...place });
  const [server, client, called] = (await lineFrom(connection)).split(' ');
  connection.destroy();
  return { server, client, called };
}

async function greetFromInternet(port: number): Promise<Greeting> {
  return greet('internet', fabricSettings.internetAddress, { address: publicFrontend, port });
}

before(async () => {
  await fabric.apply(networkWith(rules));
  for (const name of ['a', 'b'] as const) {
    const namespace = kernel.open(machineNetns(name));
    namespace.replaceAddress('lo', { address: publicFrontend, prefixLength: 32 });
    namespace.close();
    await serve(name, publicFrontend, 80);
    await serve(name, machines[name], 8080);
  }
});

after(async () => {
  for (const server of servers) server.close();
  for (const name of listNetns(folder)) deleteNetns(join(folder, name));
  await rm(folder, { recursive: true });
});

test('with a floating IP a member sees the address that was called, and the client as it is', async () => {
  const greetings = await Promise.all(Array.from({ length: 16 }, async () => greetFromInternet(80)));
  for (const { client, called } of greetings)
    assert.deepEqual([client, called], [fabricSettings.internetAddress, publicFrontend]);
  assert.deepEqual(new Set(greetings.map(({ server }) => server)), new Set(['a', 'b']));
});

test('without one it sees its own address and the port of the rule', async () => {
  const { client, called, server } = await greetFromInternet(81);
  assert.equal(client, fabricSettings.internetAddress);
  assert.equal(called, server === 'a' ? machines.a : machines.b);
});

test('a client that is known by its address comes to one member only', async () => {
  const greetings = await Promise.all(Array.from({ length: 16 }, async () => greetFromInternet(82)));
  assert.equal(new Set(greetings.map(({ server }) => server)).size, 1);
});

test('a private frontend is reached from inside its network', async () => {
  const { client } = await greet('machine-vm-c', machines.c, { address: privateFrontend, port: 8080 });
  assert.equal(client, machines.c);
});

test('a machine that calls a public frontend comes from its public address, as from outside', async () => {
  const { client, called } = await greet('machine-vm-c', machines.c, { address: publicFrontend, port: 80 });
  assert.deepEqual([client, called], ['198.51.100.4', publicFrontend]);
});

test('a connection stays with its member when that gets no new ones any more', async () => {
  const connection = connectInNetns(join(folder, 'internet'), {
    from: fabricSettings.internetAddress,
    address: publicFrontend,
    port: 80,
  });
  const [server] = (await lineFrom(connection)).split(' ');
  const left = server === 'a' ? 'b' : 'a';
  await fabric.apply(networkWith(rules.map((one) => ({ ...one, backends: [machines[left]] }))));
  connection.write('still here');
  assert.equal(await lineFrom(connection), 'still here');
  connection.destroy();
  const greetings = await Promise.all(Array.from({ length: 8 }, async () => greetFromInternet(80)));
  assert.deepEqual(new Set(greetings.map((greeting) => greeting.server)), new Set([left]));
});

test('who comes while no member is up is served when one is', async () => {
  await fabric.apply(networkWith(rules.map((one) => ({ ...one, backends: [] }))));
  const waiting = greetFromInternet(80);
  await fabric.apply(networkWith(rules));
  assert.equal((await waiting).called, publicFrontend);
});
