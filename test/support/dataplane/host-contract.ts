import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateway, gatewayNode, pod, remoteWorker, sgc, worker } from './worlds.ts';
import { movePods } from '../../../src/dataplane/attachment.ts';
import { desiredGateway } from '../../../src/dataplane/desired-gateway.ts';
import { desiredWorker } from '../../../src/dataplane/desired-worker.ts';
import { diff } from '../../../src/dataplane/diff/diff.ts';
import { failover } from '../../../src/dataplane/failover.ts';
import { emptyNamespace, hostNamespace, mainTable, namespaceOf, type HostState } from '../../../src/dataplane/host-state.ts';
import type { Host, Scope } from '../../../src/dataplane/host.ts';
import type { GatewayInputs, WorkerInputs } from '../../../src/dataplane/model.ts';
import { gatewayScope, workerScope } from '../../../src/dataplane/scope.ts';
import { routeTable, workerDevice, type DataplaneSettings } from '../../../src/dataplane/settings.ts';
import type { Step } from '../../../src/dataplane/step.ts';

/** An empty node for one test. */
export interface HostFixture {
  readonly host: Host;
  /** Names that nothing else on this machine has. */
  readonly settings: DataplaneSettings;
  /** Whose private key the node has. */
  readonly publicKey: string;
  /** Leaves nothing behind. */
  close(): Promise<void>;
}

const nothing: HostState = { namespaces: [emptyNamespace(hostNamespace)] };

/** What every implementation of `Host` does. `what`: the one that `open` makes. */
export function hostContract(what: string, open: () => Promise<HostFixture>): void {
  const contract = (statement: string, check: (fixture: HostFixture) => Promise<void>) =>
    test(`${what}: ${statement}`, async () => {
      const fixture = await open();
      try {
        await check(fixture);
      } finally {
        await fixture.close();
      }
    });

  contract('a node of which nobody has made anything has nothing of ours', async ({ host, settings }) => {
    const scope = gatewayScope(gatewayNode(), settings);
    assert.deepEqual(await host.observe(workerScope(settings)), nothing);
    assert.deepEqual(await host.observe(scope), nothing);
  });
  contract('a worker gets from one state to the next, and in the end nothing is left', async (fixture) => {
    const scope = workerScope(fixture.settings);
    for (const inputs of workerStates(fixture)) await reach(fixture.host, scope, desiredWorker(inputs, fixture.settings));
    await reach(fixture.host, scope, nothing);
    assertNothing(await fixture.host.observe(scope));
  });
  contract('a gateway gets from one state to the next, and in the end nothing is left', async (fixture) => {
    for (const inputs of gatewayStates(fixture))
      await reach(fixture.host, gatewayScope(inputs, fixture.settings), desiredGateway(inputs, fixture.settings));
    const scope = gatewayScope(gatewayNode(), fixture.settings);
    await reach(fixture.host, scope, nothing);
    assertNothing(await fixture.host.observe(scope));
  });
  contract('a failover and moves of pods need no look at the node', blindChanges);
  contract('what a worker has lost comes back', async (fixture) => {
    const { host, settings } = fixture;
    const desired = desiredWorker(busyWorker(fixture), settings);
    for (const loss of workerLosses(desired, settings)) await lose(host, workerScope(settings), desired, loss);
  });
  contract('what a gateway has lost comes back', async (fixture) => {
    const { host, settings } = fixture;
    const inputs = gatewayNode({ publicKey: fixture.publicKey, workers: [workerOne] });
    const desired = desiredGateway(inputs, settings);
    for (const loss of gatewayLosses(desired, settings)) await lose(host, gatewayScope(inputs, settings), desired, loss);
  });
  contract('steps that ensure or remove may be repeated', repeatedSteps);
  contract('a transaction that does not fit the table is refused and changes nothing', refusedTransaction);
}

async function blindChanges(fixture: HostFixture): Promise<void> {
  const { host, settings } = fixture;
  const scope = workerScope(settings);
  const before = busyWorker(fixture);
  await reach(host, scope, desiredWorker(before, settings));
  const after = {
    ...before,
    gateways: before.gateways.map((each) => (each.number === 1 ? { ...each, state: 'dead' as const } : each)),
  };
  await applyAll(host, failover(before, after, settings));
  assert.deepEqual(diff(await host.observe(scope), desiredWorker(after, settings)), []);
  const moved = { ...after, pods: [pod(2, { sgc: 'team/b' }), pod(4), pod(5, { phase: 'detaching' })] };
  await applyAll(host, movePods(after, moved, settings));
  assert.deepEqual(diff(await host.observe(scope), desiredWorker(moved, settings)), []);
}

async function repeatedSteps(fixture: HostFixture): Promise<void> {
  const { host, settings } = fixture;
  const desired = desiredGateway(gatewayNode({ publicKey: fixture.publicKey, workers: [workerOne] }), settings);
  const scope = gatewayScope(gatewayNode(), settings);
  const isRepeatable = ({ kind }: Step) => kind !== 'create-link';
  const making = diff(await host.observe(scope), desired);
  for (const step of making) await applyAll(host, isRepeatable(step) ? [step, step] : [step]);
  assert.deepEqual(diff(await host.observe(scope), desired), []);
  const removing = diff(await host.observe(scope), { namespaces: [...nothing.namespaces, emptyNamespace(settings.namespace)] });
  for (const step of removing) await applyAll(host, step.kind === 'nft' ? [step] : [step, step]);
  const last: Step = { namespace: settings.namespace, kind: 'remove-namespace' };
  await applyAll(host, [last, last]);
  assertNothing(await host.observe(scope));
}

async function refusedTransaction(fixture: HostFixture): Promise<void> {
  const { host, settings } = fixture;
  const scope = workerScope(settings);
  const desired = desiredWorker(busyWorker(fixture), settings);
  await reach(host, scope, desired);
  const added = [{ key: '10.244.1.99' }];
  const edits = ['pods', 'none'].map((set) => ({ set, isFlushed: false, removed: [], added }));
  const edit: Step = { namespace: hostNamespace, kind: 'nft', transaction: { kind: 'edit', table: settings.table, edits } };
  await assert.rejects(host.apply(edit), { name: 'SegwError', code: 'NftablesRejected' });
  assert.deepEqual(diff(await host.observe(scope), desired), []);
}

async function applyAll(host: Host, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await host.apply(step);
}

async function reach(host: Host, scope: Scope, desired: HostState): Promise<void> {
  await applyAll(host, diff(await host.observe(scope), desired));
  assert.deepEqual(diff(await host.observe(scope), desired), []);
}

async function lose(host: Host, scope: Scope, desired: HostState, losses: readonly Step[]): Promise<void> {
  await reach(host, scope, desired);
  await applyAll(host, losses);
  assert.notDeepEqual(diff(await host.observe(scope), desired), [], `lost: ${losses.map(({ kind }) => kind).join()}`);
  await reach(host, scope, desired);
}

function assertNothing({ namespaces }: HostState): void {
  assert.deepEqual(
    namespaces.map((namespace) => ({ ...namespace, sysctls: [] })),
    nothing.namespaces,
  );
}

/** Public keys of others: any 32 bytes are one. */
function keyOf(number: number): string {
  return Buffer.alloc(32, number).toString('base64');
}

const gateways = [1, 2, 3].map((number) => gateway(number, { publicKey: keyOf(number) }));
const workerOne = { ...remoteWorker(1, [['100.64.4.10', 'team/a']]), publicKey: keyOf(11) };
const workerTwo = { ...remoteWorker(2, [['100.64.8.10', 'team/b']]), publicKey: keyOf(12) };
const other = { sgc: 'team/b', address: '10.224.0.131' };

function busyWorker({ publicKey }: HostFixture): WorkerInputs {
  return worker({
    publicKey,
    gateways: gateways.slice(0, 2),
    sgcs: [sgc('a', { gateways: [1, 2] }), sgc('b', { label: '100.64.4.11', gateways: [1, 2], spread: 'perConnection' })],
    pods: [pod(2), pod(3, { sgc: 'team/b' }), pod(4)],
  });
}

function workerStates(fixture: HostFixture): WorkerInputs[] {
  const { publicKey } = fixture;
  const busy = busyWorker(fixture);
  const excludeCidrs = [
    { address: '192.0.2.0', prefixLength: 24 },
    { address: '192.0.3.0', prefixLength: 24 },
    { address: '198.51.100.7', prefixLength: 32 },
  ];
  return [
    worker({ publicKey, pods: [] }),
    worker({ publicKey, gateways: gateways.slice(0, 1) }),
    busy,
    { ...busy, pods: [...busy.pods, pod(6, { sgc: 'team/unknown' })] },
    { ...busy, gateways: busy.gateways.map((each) => ({ ...each, state: each.number === 1 ? 'dead' : 'ready' })) },
    { ...busy, gateways: busy.gateways.map((each) => ({ ...each, state: 'dead' })) },
    { ...busy, gateways: busy.gateways.map((each) => ({ ...each, publicKey: keyOf(each.number + 100) })) },
    { ...busy, sgcs: busy.sgcs.map((each) => ({ ...each, excludeCidrs, defaultRoute: 'azureNetworking' })) },
    { ...busy, gateways, uplinkMtu: 3900, sgcs: busy.sgcs.map((each) => ({ ...each, gateways: [2, 3] })) },
    { ...busy, pods: busy.pods.map((each) => ({ ...each, phase: 'detaching' })) },
    worker({ publicKey, pods: [] }),
  ];
}

function gatewayStates({ publicKey }: HostFixture): GatewayInputs[] {
  const one = gatewayNode({ publicKey, workers: [workerOne] });
  return [
    gatewayNode({ publicKey, egress: [], workers: [] }),
    one,
    { ...one, egress: [...one.egress, other], workers: [workerOne, workerTwo] },
    { ...one, workers: [{ ...workerOne, publicKey: keyOf(13), endpoint: { address: '10.224.0.99', port: 6102 } }] },
    { ...one, uplinkMtu: 3900, egress: [other], workers: [workerTwo] },
    { ...one, egress: [], workers: [] },
  ];
}

/** Steps that take something away: one loss, or several at once. */
function workerLosses(desired: HostState, settings: DataplaneSettings): Step[][] {
  const host = namespaceOf(desired, hostNamespace);
  const inHost = { namespace: hostNamespace };
  const device = workerDevice(settings, 1);
  const table = routeTable(settings, 1);
  return [
    [{ ...inHost, kind: 'remove-link', name: device }],
    [{ ...inHost, kind: 'set-link', name: device, mtu: 1280, isUp: false }],
    [{ ...inHost, kind: 'set-link', name: device, mtu: 1300, isUp: true }],
    host.routes.filter((route) => route.table === table).map((route) => ({ ...inHost, kind: 'remove-route', route })),
    host.routes.filter(({ kind }) => kind === 'unreachable').map((route) => ({ ...inHost, kind: 'remove-route', route })),
    host.rules.map((rule) => ({ ...inHost, kind: 'remove-rule', rule })),
    host.addresses.map((address) => ({ ...inHost, kind: 'remove-address', address })),
    host.tables.map(({ name }) => ({ ...inHost, kind: 'nft', transaction: { kind: 'remove', table: name } })),
    [{ ...inHost, kind: 'ensure-sysctl', sysctl: { key: `net.ipv4.conf.${device}.rp_filter`, value: '1', device } }],
    [{ ...inHost, kind: 'ensure-route', route: { kind: 'device', destination: '10.9.0.0/16', table, metric: 3, device } }],
    [{ ...inHost, kind: 'ensure-address', address: { device, address: '10.9.9.9', prefixLength: 24 } }],
  ];
}

function gatewayLosses(desired: HostState, { namespace, gatewayDevice, hostVeth, namespaceVeth }: DataplaneSettings): Step[][] {
  const host = namespaceOf(desired, hostNamespace);
  const inside = namespaceOf(desired, namespace);
  const inHost = { namespace: hostNamespace };
  const router = { kind: 'device', destination: 'default', table: mainTable, metric: 0, device: namespaceVeth.name } as const;
  return [
    [{ namespace, kind: 'remove-namespace' }],
    [{ namespace, kind: 'remove-link', name: gatewayDevice }],
    [{ ...inHost, kind: 'remove-link', name: hostVeth.name }],
    [{ namespace, kind: 'set-link', name: namespaceVeth.name, mtu: 1500, isUp: false }],
    host.neighbours.map((neighbour) => ({ ...inHost, kind: 'remove-neighbour', neighbour })),
    inside.addresses.map((address) => ({ namespace, kind: 'remove-address', address })),
    [{ namespace, kind: 'ensure-route', route: router }],
    [{ namespace, kind: 'ensure-sysctl', sysctl: { key: 'net.ipv4.ip_forward', value: '0' } }],
    [{ namespace, kind: 'nft', transaction: { kind: 'remove', table: inside.tables[0]?.name ?? '' } }],
  ];
}
