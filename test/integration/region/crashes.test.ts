import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createLogger } from '../../../src/base/log.ts';
import type { Operation } from '../../../src/region/arm/operations.ts';
import { addressUses } from '../../../src/region/providers/public-addresses.ts';
import { instancesOf } from '../../../src/region/providers/scale-set-model.ts';
import { createRegion, type Region } from '../../../src/region/region.ts';
import { type CrashClient, crashClient, done } from '../../support/crash-client.ts';
import { type CrashingRegion, startCrashingRegion } from '../../support/crashing-region.ts';
import { createMemoryPlatform, type MemoryPlatform } from '../../support/memory-platform.ts';
import { inconsistencies } from '../../support/region-consistency.ts';

const location = 'local';
const network = '/providers/Microsoft.Network/virtualNetworks/net';
const prefix = '/providers/Microsoft.Network/publicIPPrefixes/egress';
const set = '/providers/Microsoft.Compute/virtualMachineScaleSets/set';
const instance = (number: number): string => `${set}/virtualMachines/${String(number)}`;
const cluster = '/providers/Microsoft.ContainerService/managedClusters/c';
const pool = `${cluster}/agentPools/np`;

type Request = (client: CrashClient) => Promise<Operation | undefined>;

interface Scenario {
  readonly name: string;
  /** Requests that come before, each after the end of the one before. */
  readonly before?: readonly Request[];
  readonly request: Request;
  readonly status?: Operation['status'];
  /** `number power`, of all scale sets. */
  readonly instances: readonly string[];
  /** Addresses of the prefix that are in use; default: none. */
  readonly egress?: number;
  /** Of what happened to machines and nodes, in order. */
  readonly check?: (events: readonly string[], kills: number) => void;
}

function interfaces(client: CrashClient, egress: readonly string[]): object {
  const subnet = { id: client.id(`${network}/subnets/s`) };
  const own = { name: 'ip', properties: { primary: true, subnet } };
  const others = egress.map((name) => ({
    name,
    properties: {
      primary: false,
      subnet,
      publicIPAddressConfiguration: { name, properties: { publicIPPrefix: { id: client.id(prefix) } } },
    },
  }));
  return { networkInterfaceConfigurations: [{ name: 'nic', properties: { primary: true, ipConfigurations: [own, ...others] } }] };
}

function putSet(capacity: number, egress: readonly string[] = ['e']): Request {
  const sku = { name: 'Standard_D2s_v5', capacity };
  return async (client) =>
    client.put(set, { location, sku, properties: { virtualMachineProfile: { networkProfile: interfaces(client, egress) } } });
}

function putInstance(number: number, egress: readonly string[]): Request {
  return async (client) =>
    client.put(instance(number), { properties: { networkProfileConfiguration: interfaces(client, egress) } });
}

function putPool(count: number): Request {
  return async (client) => client.put(pool, { properties: { count, mode: 'System' } });
}

const putCluster: Request = async (client) =>
  client.put(cluster, { location, properties: { agentPoolProfiles: [{ name: 'np', mode: 'System', count: 2 }] } });
const act =
  (action: string, body?: object): Request =>
  async (client) =>
    client.act(set, action, body);
const named = { instanceIds: ['0'] };
const running = (...numbers: readonly number[]): readonly string[] => numbers.map((number) => `${String(number)} running`);

const scenarios: readonly Scenario[] = [
  { name: 'a set is created', request: putSet(2), instances: running(0, 1), egress: 2 },
  { name: 'a set grows', before: [putSet(1)], request: putSet(3), instances: running(0, 1, 2), egress: 3 },
  { name: 'a set shrinks', before: [putSet(3)], request: putSet(1), instances: running(0), egress: 1 },
  { name: 'a set is deleted', before: [putSet(2)], request: async (client) => client.remove(set), instances: [] },
  {
    name: 'an instance is deleted',
    before: [putSet(3)],
    request: async (client) => client.remove(instance(1)),
    instances: running(0, 2),
    egress: 2,
  },
  {
    name: 'instances are deleted by name',
    before: [putSet(3)],
    request: act('delete', { instanceIds: ['0', '2'] }),
    instances: running(1),
    egress: 1,
  },
  {
    name: 'an instance gets an egress address',
    before: [putSet(2, [])],
    request: putInstance(1, ['e']),
    instances: running(0, 1),
    egress: 1,
  },
  {
    name: 'an instance gives its egress address back',
    before: [putSet(2)],
    request: putInstance(1, []),
    instances: running(0, 1),
    egress: 1,
  },
  {
    name: 'a prefix has no address left for an instance',
    before: [putSet(4), putSet(5, [])],
    request: putInstance(4, ['e']),
    status: 'Failed',
    instances: running(0, 1, 2, 3, 4),
    egress: 4,
  },
  {
    name: 'instances are brought to the model',
    before: [putSet(2, []), putSet(2)],
    request: act('manualUpgrade', { instanceIds: ['*'] }),
    instances: running(0, 1),
    egress: 2,
  },
  {
    name: 'instances are powered off',
    before: [putSet(2)],
    request: act('powerOff'),
    instances: ['0 stopped', '1 stopped'],
    egress: 2,
  },
  {
    name: 'an instance is deallocated',
    before: [putSet(2)],
    request: act('deallocate', named),
    instances: ['0 deallocated', '1 running'],
    egress: 2,
  },
  {
    name: 'instances are started',
    before: [putSet(2), act('powerOff')],
    request: act('start'),
    instances: running(0, 1),
    egress: 2,
  },
  { name: 'instances are restarted', before: [putSet(2)], request: act('restart'), instances: running(0, 1), egress: 2 },
  { name: 'instances are re-imaged', before: [putSet(2)], request: act('reimage'), instances: running(0, 1), egress: 2 },
  { name: 'a cluster is created', request: putCluster, instances: running(0, 1) },
  { name: 'a pool grows', before: [putCluster], request: putPool(3), instances: running(0, 1, 2) },
  { name: 'a pool shrinks', before: [putCluster], request: putPool(1), instances: running(0) },
  {
    name: 'the set of a pool is re-imaged',
    before: [putCluster],
    request: async (client) => client.act(client.poolSet(), 'reimage'),
    instances: running(0, 1),
    check: isGentle,
  },
  { name: 'a cluster is deleted', before: [putCluster], request: async (client) => client.remove(cluster), instances: [] },
  { name: 'a group is deleted', before: [putSet(2), putCluster], request: async (client) => client.remove(''), instances: [] },
];

/** One node is away at a time, and whoever was done is left alone: only what a kill interrupted is begun again. */
function isGentle(events: readonly string[], kills: number): void {
  const away = new Set<string>();
  let departures = 0;
  for (const event of events) {
    const [word = '', name = ''] = event.split(' ');
    if (word === 'join') away.delete(name);
    if (word !== 'leave') continue;
    away.add(name);
    departures += 1;
    assert.equal(away.size, 1, `away at the same time: ${[...away].join()}`);
  }
  assert.ok(departures <= 2 + kills, events.join());
}

describe('a region that is killed', () => {
  let folder: string;
  let count = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'segw-crashes-'));
    const stateDir = join(folder, 'new');
    const log = createLogger('region', { level: 'silent' });
    await (await createRegion({ stateDir, platform: createMemoryPlatform(), log })).stop();
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const newFolder = (): string => join(folder, String((count += 1)));

  /** A region in which everything that comes before the scenario has been done. */
  async function prepare(scenario: Scenario, platform: MemoryPlatform, remainsDir: string): Promise<CrashingRegion> {
    const stateDir = newFolder();
    await cp(join(folder, 'new'), stateDir, { recursive: true });
    const crashing = await startCrashingRegion({ stateDir, platform, remainsDir });
    const requester = crashClient(crashing.region);
    const addressSpace = { addressPrefixes: ['10.0.0.0/8'] };
    const subnets = [{ name: 's', properties: { addressPrefix: '10.1.0.0/24' } }];
    const requests: readonly Request[] = [
      async (client) => client.put('', { location }),
      async (client) => client.put(network, { location, properties: { addressSpace, subnets } }),
      async (client) => client.put(prefix, { location, properties: { prefixLength: 30 } }),
      ...(scenario.before ?? []),
    ];
    for (const request of requests) await done(crashing.region, await request(requester));
    return crashing;
  }

  /** Moments of the whole scenario. */
  async function lengthOf(scenario: Scenario): Promise<number> {
    const platform = createMemoryPlatform();
    const crashing = await prepare(scenario, platform, newFolder());
    crashing.arm(Infinity);
    await expectOutcome(scenario, {
      crashing,
      platform,
      operation: await scenario.request(crashClient(crashing.region)),
      kills: 0,
    });
    crashing.discard();
    return crashing.moments();
  }

  /** Kills the region at these moments: of the scenario, then of what its successor does, and so on; the host with it, or not. */
  async function killAt(scenario: Scenario, moments: readonly number[], isReboot = false): Promise<void> {
    const platform = createMemoryPlatform();
    const [first = 1, ...others] = moments;
    let stateDir = newFolder();
    let crashing = await prepare(scenario, platform, stateDir);
    crashing.arm(first);
    const operation = await scenario.request(crashClient(crashing.region));
    await crashing.died;
    crashing.discard();
    if (isReboot) await reboot(platform);
    for (const moment of others) {
      const remainsDir = newFolder();
      crashing = await startCrashingRegion({ stateDir, platform, remainsDir, dieAt: moment });
      await Promise.race([crashing.died, atRest(crashing, platform)]);
      crashing.discard();
      if (isReboot) await reboot(platform);
      if (crashing.moments() >= moment) stateDir = remainsDir;
    }
    const last = await startCrashingRegion({ stateDir, platform, remainsDir: newFolder() });
    await expectOutcome(scenario, { crashing: last, platform, operation, kills: moments.length });
    last.discard();
  }

  for (const scenario of scenarios)
    test(`while ${scenario.name} ends in the state that the request asks for`, async () => {
      const length = await lengthOf(scenario);
      for (let moment = 1; moment <= length; moment += 1)
        try {
          await killAt(scenario, [moment]);
        } catch (error) {
          throw new Error(`killed at moment ${String(moment)} of ${String(length)}`, { cause: error });
        }
    });

  test('again and again, or together with its host, ends there all the same', async () => {
    const kills = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 4 });
    const property = fc.asyncProperty(fc.constantFrom(...scenarios), kills, fc.boolean(), async (scenario, moments, isReboot) => {
      const [first = 1, ...others] = moments;
      await killAt(scenario, [Math.min(first, await lengthOf(scenario)), ...others], isReboot);
    });
    await fc.assert(property, { numRuns: 25 });
  });
});

/** What the host keeps is on disks. */
async function reboot(platform: MemoryPlatform): Promise<void> {
  for (const name of platform.machineNames()) await platform.machines.powerOff(name, { skipShutdown: true });
  await platform.network.apply({ virtualNetworks: [] });
}

interface Ending {
  readonly crashing: CrashingRegion;
  readonly platform: MemoryPlatform;
  readonly operation: Operation | undefined;
  readonly kills: number;
}

async function expectOutcome(scenario: Scenario, { crashing, platform, operation, kills }: Ending): Promise<void> {
  const { region } = crashing;
  const { store } = region.manager;
  await atRest(crashing, platform);
  assert.deepEqual(inconsistencies(region, platform), []);
  assert.equal(await statusOf(region, operation), scenario.status ?? 'Succeeded');
  const instances = instancesOf(store).map(({ name, state }) => `${name} ${state.power}`);
  assert.deepEqual(instances, scenario.instances);
  const uses = store.list('Microsoft.Network/publicIPPrefixes').flatMap(({ id }) => addressUses(store, id));
  assert.equal(uses.length, scenario.egress ?? 0);
  scenario.check?.(platform.events(), kills);
}

/** What a client reads at the operation's URL. */
async function statusOf({ app, tokens, credentials }: Region, operation: Operation | undefined): Promise<unknown> {
  const { clientId, objectId, subscriptionId } = credentials;
  const { accessToken } = await tokens.issue({ clientId, objectId, displayName: '' }, 'https://management.azure.com');
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Compute/locations/${location}/operations/${operation?.id ?? ''}`;
  const headers = { authorization: `Bearer ${accessToken}` };
  const answer: unknown = await (await app.request(`${path}?api-version=2024-07-01`, { headers })).json();
  return Object(answer).status;
}

/** Nothing is being done any more, or it will not end. */
async function atRest(crashing: CrashingRegion, platform: MemoryPlatform): Promise<void> {
  const isAtRest = (): boolean => crashing.running().length === 0 && inconsistencies(crashing.region, platform).length === 0;
  const giveUpAt = performance.now() + 10_000;
  while (!isAtRest() && performance.now() < giveUpAt) await new Promise(setImmediate);
}
