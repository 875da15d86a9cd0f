import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { pollUntil } from '../../../src/base/poll.ts';
import { desiredGateway } from '../../../src/dataplane/desired-gateway.ts';
import { desiredWorker } from '../../../src/dataplane/desired-worker.ts';
import { diff } from '../../../src/dataplane/diff/diff.ts';
import { hostNamespace, type HostState } from '../../../src/dataplane/host-state.ts';
import { hostContract } from '../../support/dataplane/host-contract.ts';
import type { Host, Scope } from '../../../src/dataplane/host.ts';
import { gatewayScope, workerScope } from '../../../src/dataplane/scope.ts';
import { workerDevice } from '../../../src/dataplane/settings.ts';
import type { FlowFilter, Step } from '../../../src/dataplane/step.ts';
import { createVeth } from '../../../src/linux/netlink/links.ts';
import { openRouteSocket } from '../../../src/linux/netlink/socket.ts';
import { deleteNetns, inNetns } from '../../../src/linux/netns.ts';
import { createTunnelClient } from '../../../src/tunnel-host/tunnel-client.ts';
import { runningProcess } from '../../../src/tunnel-host/process-record.ts';
import { recordPath } from '../../../src/tunnel-host/tunnel-files.ts';
import { findBinary } from '../../support/binaries.ts';
import { gateway, gatewayNode, remoteWorker, worker } from '../../support/dataplane/worlds.ts';
import { runIn } from './namespaces.ts';
import { openNode, type LinuxNode } from './node.ts';
import { patient } from '../../support/patience.ts';

hostContract('a node of Linux', () => Promise.resolve({ ...node, close: () => Promise.resolve() }));

let node: LinuxNode;

beforeEach(async () => {
  node = openNode(await findBinary('wireguard-go'));
});

afterEach(async () => {
  await node.close();
});

const peerKey = Buffer.alloc(32, 1).toString('base64');

function asWorker(): { readonly scope: Scope; readonly desired: HostState } {
  const inputs = worker({ publicKey: node.publicKey, gateways: [gateway(1, { publicKey: peerKey })] });
  return { scope: workerScope(node.settings), desired: desiredWorker(inputs, node.settings) };
}

function asGateway(): { readonly scope: Scope; readonly desired: HostState } {
  const workers = [{ ...remoteWorker(1, [['100.64.4.10', 'team/a']]), publicKey: peerKey }];
  const inputs = gatewayNode({ publicKey: node.publicKey, workers });
  return { scope: gatewayScope(inputs, node.settings), desired: desiredGateway(inputs, node.settings) };
}

/** Returns the steps that it took. */
async function reach({ scope, desired }: ReturnType<typeof asWorker>, host: Host = node.host): Promise<readonly Step[]> {
  const steps = diff(await host.observe(scope), desired);
  for (const step of steps) await host.apply(step);
  assert.deepEqual(diff(await host.observe(scope), desired), []);
  return steps;
}

function summary(steps: readonly Step[]): string[] {
  return steps.map((step) => (step.kind === 'nft' ? `nft ${step.transaction.kind}` : step.kind));
}

test('a foreign flush takes the first table, leaves the lock, and is repaired by one transaction', async () => {
  const goal = asWorker();
  await reach(goal);
  runIn(node.hostPath, 'nft', 'flush', 'ruleset');
  assert.equal(runIn(node.hostPath, 'nft', 'list', 'tables').trim(), 'table inet segw_lock');
  assert.deepEqual(summary(await reach(goal)), ['nft rewrite']);
});

const meddlings: readonly [what: string, command: string, repair: readonly string[]][] = [
  ['a rule too many', 'nft insert rule inet segw forward drop', ['nft rewrite']],
  ['a chain without its rules', 'nft flush chain inet segw refuse', ['nft rewrite']],
  ['a chain too many', 'nft add chain inet segw foreign', ['nft rewrite']],
  ['an element too many', 'nft add element inet segw pods { 10.9.9.9 }', ['nft edit']],
  ['a set without its elements', 'nft flush set inet segw cluster4', ['nft edit']],
  ['a routing table without routes', 'ip route flush table 7001', ['ensure-route', 'ensure-route']],
  ['a route that leads nowhere', 'ip route add blackhole default metric 5 table 7001', ['remove-route']],
  ['a rule for marks that is gone', 'ip rule delete pref 7000', ['ensure-rule']],
  ['a second rule for marks', 'ip rule add pref 7000 fwmark 2/0x7f lookup 7002', ['remove-rule']],
];

for (const [what, command, repair] of meddlings) {
  test(`${what} is seen and put right, by no more than it takes`, async () => {
    const goal = asWorker();
    await reach(goal);
    const [program = '', ...args] = command.split(' ');
    runIn(node.hostPath, program, ...args);
    assert.deepEqual(summary(await reach(goal)), repair);
  });
}

test('counters go on where they were when rules are written again', async () => {
  const goal = asWorker();
  await reach(goal);
  const counted = 'add table inet segw; delete counter inet segw spoof';
  assert.throws(() => runIn(node.hostPath, 'nft', counted), /busy/u);
  runIn(node.hostPath, 'ip', 'link', 'set', 'lo', 'up');
  runIn(node.hostPath, 'nft', 'insert', 'rule', 'inet', 'segw', 'rawout', 'counter', 'name', 'spoof');
  runIn(node.hostPath, 'bash', '-c', 'echo > /dev/udp/127.0.0.1/9');
  await reach(goal);
  const observed = (await node.host.observe(goal.scope)).namespaces[0]?.tables.find(({ name }) => name === 'segw');
  assert.ok(Number(observed?.counters.find(({ name }) => name === 'spoof')?.packets) > 0);
});

test('a restarted agent keeps tunnels and routes, and writes its rules once', async () => {
  const goal = asWorker();
  await reach(goal);
  node.host.close();
  const next = node.openHost();
  assert.deepEqual(summary(await reach(goal, next)), ['nft rewrite', 'nft rewrite']);
});

test('a device that somebody deletes is made again', async () => {
  const goal = asWorker();
  await reach(goal);
  runIn(node.hostPath, 'ip', 'link', 'delete', workerDevice(node.settings, 1));
  assert.ok((await reach(goal)).length > 0);
});

test('a gateway whose namespace somebody deletes gets everything back', async () => {
  const goal = asGateway();
  await reach(goal);
  deleteNetns(node.gatewayPath);
  assert.ok(summary(await reach(goal)).includes('ensure-namespace'));
});

/** Also on a kernel that has WireGuard, which the product would use. */
async function useWireguardGo(): Promise<void> {
  await node.close();
  node = openNode(await findBinary('wireguard-go'), { usesKernelWireguard: false });
}

test('a gateway whose wireguard-go is killed gets its tunnels back', async () => {
  await useWireguardGo();
  const goal = asGateway();
  await reach(goal);
  const record = recordPath(node.tunnelDirectory, node.settings.gatewayDevice);
  const killed = await runningProcess(record);
  assert.ok(killed);
  process.kill(killed.pid, 'SIGKILL');
  await pollUntil('its end', async () => (await runningProcess(record))?.pid !== killed.pid || undefined, {
    timeoutMs: patient(5000),
  });
  assert.ok((await reach(goal)).length > 0);
  assert.notEqual((await runningProcess(record))?.pid, killed.pid);
});

test('a device that an agent had made but not yet moved when it was killed is used', async () => {
  await useWireguardGo();
  await createTunnelClient({ directory: node.tunnelDirectory }).ensure(node.settings.gatewayDevice);
  await reach(asGateway());
});

test('an egress address that the cloud’s tools put on the uplink is taken away', async () => {
  runIn(node.hostPath, 'ip', 'link', 'add', 'eth0', 'type', 'bridge');
  runIn(node.hostPath, 'ip', 'address', 'add', '10.224.0.121/16', 'dev', 'eth0');
  const goal = asGateway();
  assert.ok(summary(await reach(goal)).includes('remove-address'));
  assert.equal(runIn(node.hostPath, 'ip', '-4', 'address', 'show', 'eth0'), '');
});

const flows: readonly [flows: FlowFilter, left: readonly string[]][] = [
  [{ protocols: 'all' }, []],
  [{ protocols: 'tcp' }, ['icmp', 'udp']],
  [{ protocols: 'other-than-tcp' }, ['tcp', 'tcp']],
  [{ protocols: 'all', source: '10.244.1.2' }, ['tcp']],
  [{ protocols: 'tcp', mark: { value: 1, mask: 0x7f } }, ['icmp', 'tcp', 'udp']],
  [{ protocols: 'other-than-tcp', source: '10.244.1.2', mark: { value: 0, mask: 0x7f } }, ['tcp', 'tcp', 'udp']],
];

test('flows are forgotten by source, mark and protocol', async () => {
  for (const [filter, left] of flows) {
    insertFlow('10.244.1.2', ['tcp', '--sport', '40000', '--dport', '443', '--state', 'ESTABLISHED'], 0x4001);
    insertFlow('10.244.1.3', ['tcp', '--sport', '40000', '--dport', '443', '--state', 'ESTABLISHED'], 2);
    insertFlow('10.244.1.2', ['udp', '--sport', '40000', '--dport', '53'], 1);
    insertFlow('10.244.1.2', ['icmp', '--icmp-type', '8', '--icmp-code', '0', '--icmp-id', '7'], 0x4000);
    await node.host.apply({ namespace: hostNamespace, kind: 'forget-flows', flows: filter });
    const list = runIn(node.hostPath, 'conntrack', '-L').split('\n').slice(0, -1);
    const protocols = list.map((line) => line.split(' ')[0] ?? '');
    assert.deepEqual(protocols.sort(), left, JSON.stringify(filter));
    runIn(node.hostPath, 'conntrack', '-F');
  }
});

test('a kick reaches the clients of the marked connections that live, and no others', async () => {
  node.host.apply({ namespace: node.settings.namespace, kind: 'ensure-namespace' });
  inNetns(node.hostPath, () => {
    using socket = openRouteSocket();
    createVeth(socket, { name: 'v1', isUp: true, peer: { name: 'eth0', netns: node.gatewayPath } });
  });
  runIn(node.gatewayPath, 'ip', 'link', 'set', 'eth0', 'up');
  for (const address of ['10.244.1.2', '10.244.1.3']) {
    runIn(node.gatewayPath, 'ip', 'address', 'add', `${address}/32`, 'dev', 'eth0');
    runIn(node.hostPath, 'ip', 'route', 'add', address, 'dev', 'v1');
  }
  runIn(node.hostPath, 'ip', 'address', 'add', '192.0.2.1/32', 'dev', 'v1');
  runIn(node.gatewayPath, 'ip', 'route', 'add', '192.0.2.1', 'dev', 'eth0');
  runIn(
    node.gatewayPath,
    'nft',
    `table inet watch { set seen { type ipv4_addr . inet_service; flags dynamic; }
       chain in { type filter hook prerouting priority raw; ip saddr 198.51.100.7 add @seen { ip daddr . tcp dport } drop; }; }`,
  );
  insertFlow('10.244.1.2', ['tcp', '--sport', '40000', '--dport', '443', '--state', 'ESTABLISHED'], 1);
  insertFlow('10.244.1.2', ['tcp', '--sport', '40001', '--dport', '443', '--state', 'TIME_WAIT'], 1);
  insertFlow('10.244.1.3', ['tcp', '--sport', '40002', '--dport', '443', '--state', 'ESTABLISHED'], 2);
  insertFlow('10.244.1.3', ['tcp', '--sport', '40003', '--dport', '443', '--state', 'SYN_SENT'], 0x4001);
  const kick: Step = { namespace: hostNamespace, kind: 'kick', flows: { protocols: 'tcp', mark: { value: 1, mask: 0x7f } } };
  await node.host.apply(kick);
  const seen = () =>
    runIn(node.gatewayPath, 'nft', 'list', 'set', 'inet', 'watch', 'seen').match(/10\.244\.1\.\d \. \d+/gu) ?? [];
  await pollUntil('both kicks', () => seen().length >= 2 || undefined, { timeoutMs: patient(5000) });
  assert.deepEqual(seen().sort(), ['10.244.1.2 . 40000', '10.244.1.3 . 40003']);
});

test('an error names the step and the kernel’s reason', async () => {
  const step: Step = { namespace: hostNamespace, kind: 'set-link', name: 'none', mtu: 1420, isUp: true };
  await assert.rejects(node.host.apply(step), { code: 'SystemCall', message: /^host: set link none mtu 1420 up: .*ENODEV/u });
  await assert.rejects(node.host.apply({ ...step, namespace: 'nowhere' }), {
    code: 'NotFound',
    message: 'nowhere: set link none mtu 1420 up: there is no network namespace nowhere',
  });
  await assert.rejects(node.host.apply({ namespace: hostNamespace, kind: 'remove-namespace' }), { code: 'Internal' });
});

function insertFlow(source: string, protocol: readonly string[], mark: number): void {
  const status = ['-u', 'SEEN_REPLY,ASSURED', '-t', '600', '-m', String(mark)];
  runIn(node.hostPath, 'conntrack', '-I', '-s', source, '-d', '198.51.100.7', '-p', ...protocol, ...status);
}
