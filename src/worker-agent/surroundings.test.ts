import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EgressWorker } from '../api/egress-worker.ts';
import type { GatewayStatus, GatewayStatusStatus } from '../api/gateway-status.ts';
import { spreadAnnotation } from '../api/names.ts';
import type { ClusterView } from './cluster-view.ts';
import { desiredSurroundings, type Surroundings, type UsableSgc } from './surroundings.ts';

const own = { name: 'n1', publicKey: 'W=', given: {}, spread: 'perPod' } as const;
const label = { namespace: 'team', name: 'web', uid: 'u1', address: '100.64.4.2' };
const entry = { namespace: 'team', name: 'web', uid: 'u1', generation: 3, secondaryAddress: '10.224.0.121' };

function gateway(number: number, changes: Partial<GatewayStatusStatus> = {}): GatewayStatus {
  const status: GatewayStatusStatus = {
    publicKey: `G${String(number)}=`,
    endpoint: `10.224.0.2${String(number)}:6000`,
    state: 'Ready',
    configurations: [entry],
    workers: [{ name: 'n1', generation: 5, publicKey: 'W=' }],
    ...changes,
  };
  return { metadata: { name: `g${String(number)}` }, spec: { number }, status };
}

const worker: EgressWorker = {
  metadata: { name: 'n1', generation: 5 },
  spec: { labelBlock: '100.64.4.0/22', labels: [label] },
};

function view(changes: Partial<ClusterView> = {}): ClusterView {
  const profile = (nodeName: string) => ({ nodeName, primaryAddress: '10.224.0.21', secondaryAddress: '10.224.0.121' });
  return {
    nodes: [{ metadata: { name: 'n1' }, spec: { podCIDRs: ['10.244.1.0/24'] }, status: { addresses: [] } }],
    serviceCidrs: [{ metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/16'] } }],
    configurations: [
      {
        metadata: { namespace: 'team', name: 'web', uid: 'u1', generation: 3 },
        spec: { provisionPublicIps: true, defaultRoute: 'staticEgressGateway', excludeCidrs: ['192.0.2.7/24'] },
      },
    ],
    vmConfigurations: [
      {
        metadata: { namespace: 'team', name: 'web' },
        spec: { provisionPublicIps: true },
        status: { configurationGeneration: 3, gatewayVmProfiles: [profile('g1'), profile('g2')] },
      },
    ],
    gatewayStatuses: [gateway(1), gateway(2)],
    worker,
    ...changes,
  };
}

function surroundings(changes: Partial<ClusterView> = {}, previous?: Surroundings): Surroundings {
  const desired = desiredSurroundings(view(changes), own, previous);
  assert.ok('surroundings' in desired);
  return desired.surroundings;
}

test('what the objects say is what the worker goes by', () => {
  const sgc: UsableSgc = {
    key: 'team/web',
    uid: 'u1',
    label: '100.64.4.2',
    excludeCidrs: [{ address: '192.0.2.0', prefixLength: 24 }],
    defaultRoute: 'staticEgressGateway',
    spread: 'perPod',
    gateways: [1, 2],
  };
  assert.deepEqual(surroundings().sgcs, [sgc]);
  assert.deepEqual(surroundings().gateways[0], {
    node: 'g1',
    number: 1,
    address: '10.224.0.21',
    port: 6000,
    publicKey: 'G1=',
    state: 'ready',
  });
});

const lagging: readonly (readonly [string, Partial<GatewayStatusStatus>])[] = [
  ['of an earlier generation of the SGC', { configurations: [{ ...entry, generation: 2 }] }],
  ['of another SGC of that name', { configurations: [{ ...entry, uid: 'u0' }] }],
  ['of an earlier generation of the worker', { workers: [{ name: 'n1', generation: 4, publicKey: 'W=' }] }],
  ["of the worker's former key", { workers: [{ name: 'n1', generation: 5, publicKey: 'OLD=' }] }],
  ['of another worker', { workers: [{ name: 'n2', generation: 5, publicKey: 'W=' }] }],
  ['of nothing', { configurations: [], workers: [] }],
];

for (const [title, status] of lagging) {
  test(`an acknowledgement ${title} is none at first, and takes nothing away later`, () => {
    const gatewayStatuses = [gateway(1), gateway(2, status)];
    assert.deepEqual(surroundings({ gatewayStatuses }).sgcs[0]?.gateways, [1]);
    assert.deepEqual(surroundings({ gatewayStatuses }, surroundings()).sgcs[0]?.gateways, [1, 2]);
  });
}

test('a gateway that is no longer in the profiles, or gone, serves no longer', () => {
  assert.deepEqual(surroundings({ vmConfigurations: [] }, surroundings()).sgcs[0]?.gateways, []);
  assert.deepEqual(surroundings({ gatewayStatuses: [gateway(2)] }, surroundings()).sgcs[0]?.gateways, [2]);
});

test('a label that changed hands has to be acknowledged anew', () => {
  const moved = {
    ...worker,
    spec: { ...worker.spec, labels: [{ ...label, address: '100.64.4.9' }] },
    metadata: { name: 'n1', generation: 6 },
  };
  assert.deepEqual(surroundings({ worker: moved }, surroundings()).sgcs[0]?.gateways, []);
});

test('an SGC without an object, or another one of that name, is not usable', () => {
  assert.deepEqual(surroundings({ configurations: [] }).sgcs, []);
  assert.deepEqual(surroundings({ worker: { ...worker, spec: { ...worker.spec, labels: [{ ...label, uid: 'u0' }] } } }).sgcs, []);
});

test('of two gateways with one number, and of one that has not said where it is, only one can be used', () => {
  const unknown: GatewayStatus = { metadata: { name: 'g3' }, spec: { number: 3 } };
  const double = { ...gateway(1), metadata: { name: 'g9' } };
  assert.deepEqual(
    surroundings({ gatewayStatuses: [double, gateway(1), unknown] }).gateways.map(({ node }) => node),
    ['g1'],
  );
});

test('without the object of the operator the worker is not ready', () => {
  const desired = desiredSurroundings(view({ worker: undefined }), own, undefined);
  assert.ok('notReady' in desired && desired.notReady.reason === 'WaitingForOperator');
});

const spreads = [
  [undefined, 'perPod', 'perPod'],
  [undefined, 'perConnection', 'perConnection'],
  ['perConnection', 'perPod', 'perConnection'],
  ['perPod', 'perConnection', 'perPod'],
  ['perPacket', 'perPod', 'perPod'],
  ['', 'perConnection', 'perConnection'],
] as const;

for (const [annotation, setting, expected] of spreads) {
  test(`annotation ${String(annotation)} and setting ${setting}: ${expected}`, () => {
    const configurations = view().configurations.map((object) => ({
      ...object,
      metadata: { ...object.metadata, ...(annotation !== undefined && { annotations: { [spreadAnnotation]: annotation } }) },
    }));
    const desired = desiredSurroundings(view({ configurations }), { ...own, spread: setting }, undefined);
    assert.deepEqual('surroundings' in desired && desired.surroundings.sgcs.map(({ spread }) => spread), [expected]);
  });
}
