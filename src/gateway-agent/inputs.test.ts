import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EgressWorker } from '../api/egress-worker.ts';
import { configurationOf, factsOf, keyOf, ready, workerOf } from '../../test/support/gateway-agent/objects.ts';
import { planGateway, type GatewayFacts, type Programme } from './inputs.ts';

function programmeOf(changes: Partial<GatewayFacts>): Programme {
  const plan = planGateway(factsOf(changes));
  assert.equal(plan.kind, 'serve');
  return plan.programme;
}

/** Name → labels. */
function labelsOf({ inputs, acknowledgement }: Programme): Record<string, readonly string[]> {
  return Object.fromEntries(
    acknowledgement.workers.map(({ name }, index) => [
      name,
      inputs.workers[index]?.labels.map(({ address, sgc }) => `${address} ${sgc}`) ?? [],
    ]),
  );
}

test('a configuration with an address on this node and a worker with a label for it are carried and acknowledged', () => {
  assert.deepEqual(programmeOf({ vmConfigurations: [configurationOf('a')], workers: [workerOf(1, { labels: ['a'] })] }), {
    inputs: {
      nodeAddress: '10.224.0.21',
      uplink: 'eth0',
      uplinkMtu: 1500,
      publicKey: keyOf('gateway'),
      egress: [{ sgc: 'uid-a', address: '10.224.0.101' }],
      workers: [
        {
          publicKey: keyOf('worker-1'),
          endpoint: { address: '10.224.0.11', port: 6103 },
          block: { address: '100.64.4.0', prefixLength: 22 },
          labels: [{ address: '100.64.4.2', sgc: 'uid-a' }],
        },
      ],
    },
    acknowledgement: {
      configurations: [{ namespace: 'team', name: 'a', uid: 'uid-a', generation: 3, secondaryAddress: '10.224.0.101' }],
      workers: [{ name: 'worker-1', generation: 5, publicKey: keyOf('worker-1') }],
    },
  });
});

const notServed: readonly (readonly [what: string, changes: Partial<GatewayFacts>])[] = [
  ['is on other nodes only', { vmConfigurations: [configurationOf('a', { nodes: ['gateway-1'] })] }],
  ['has no status yet', { vmConfigurations: [{ ...configurationOf('a'), status: {} }] }],
  [
    'does not say which uid it follows',
    { vmConfigurations: [{ ...configurationOf('a'), status: { ...configurationOf('a').status, configurationUid: undefined } }] },
  ],
];

for (const [what, changes] of notServed)
  test(`a configuration that ${what} is not served, nor a worker because of it`, () => {
    const { inputs, acknowledgement } = programmeOf({ ...changes, workers: [workerOf(1, { labels: ['a'] })] });
    assert.deepEqual([inputs.egress, inputs.workers], [[], []]);
    assert.deepEqual(acknowledgement, { configurations: [], workers: [] });
  });

test('an address that two configurations claim is nobody’s', () => {
  const claims = [configurationOf('a'), configurationOf('b', { address: '10.224.0.101' }), configurationOf('c')];
  assert.deepEqual(
    programmeOf({ vmConfigurations: claims }).inputs.egress.map(({ sgc }) => sgc),
    ['uid-c'],
  );
});

test('a label of a configuration that was deleted and made anew under its name is not authorised', () => {
  const renewed = configurationOf('a', { uid: 'uid-a-new' });
  assert.deepEqual(programmeOf({ vmConfigurations: [renewed], workers: [workerOf(1, { labels: ['a'] })] }).inputs.workers, []);
});

test('of a worker’s labels those for configurations that are served here are authorised', () => {
  const workers = [workerOf(1, { labels: ['a', 'b', 'elsewhere'] }), workerOf(2, { labels: ['b'] }), workerOf(3, { labels: [] })];
  assert.deepEqual(labelsOf(programmeOf({ vmConfigurations: [configurationOf('a'), configurationOf('b')], workers })), {
    'worker-1': ['100.64.4.2 uid-a', '100.64.4.3 uid-b'],
    'worker-2': ['100.64.8.2 uid-b'],
  });
});

const unknownWorkers: readonly (readonly [what: string, worker: EgressWorker])[] = [
  ['no key', workerOf(1, { labels: ['a'], status: { publicKey: undefined } })],
  ['no endpoint', workerOf(1, { labels: ['a'], status: { endpoints: [] } })],
  [
    'an endpoint for another gateway only',
    workerOf(1, { labels: ['a'], status: { endpoints: [{ gateway: 4, endpoint: '10.224.0.11:6104' }] } }),
  ],
  [
    'an endpoint that cannot be',
    workerOf(1, { labels: ['a'], status: { endpoints: [{ gateway: 3, endpoint: '10.224.0.11:70000' }] } }),
  ],
];

for (const [what, worker] of unknownWorkers)
  test(`a worker with ${what} is left out and not acknowledged, others are not concerned`, () => {
    const workers = [worker, workerOf(2, { labels: ['a'] })];
    const programme = programmeOf({ vmConfigurations: [configurationOf('a')], workers });
    assert.deepEqual(labelsOf(programme), { 'worker-2': ['100.64.8.2 uid-a'] });
  });

const clashes: readonly (readonly [what: string, changes: Parameters<typeof workerOf>[1]])[] = [
  ['key', { status: { publicKey: keyOf('worker-2') } }],
  ['block', { block: '100.64.8.0/22' }],
];

for (const [what, changes] of clashes)
  test(`of two workers with one ${what} the older counts`, () => {
    const younger = workerOf(1, { labels: ['a'], created: '2026-01-02T00:00:00Z', ...changes });
    const workers = [younger, workerOf(2, { labels: ['a'] })];
    const { acknowledgement } = programmeOf({ vmConfigurations: [configurationOf('a')], workers });
    assert.deepEqual(
      acknowledgement.workers.map(({ name }) => name),
      ['worker-2'],
    );
  });

test('the order of the objects does not matter', () => {
  const facts = {
    vmConfigurations: [configurationOf('a'), configurationOf('b')],
    workers: [workerOf(1, { labels: ['a'] }), workerOf(2, { labels: ['b'] })],
  };
  const reversed = { vmConfigurations: facts.vmConfigurations.toReversed(), workers: facts.workers.toReversed() };
  assert.deepEqual(programmeOf(reversed), programmeOf(facts));
});

const waits: readonly (readonly [what: string, changes: Partial<GatewayFacts>, reason: string])[] = [
  ['has no number', { gatewayStatus: undefined }, 'WaitingForOperator'],
  ['has no default route', { uplink: undefined }, 'UplinkMissing'],
];

for (const [what, changes, reason] of waits)
  test(`a gateway that ${what} waits`, () => {
    const plan = planGateway(factsOf(changes));
    assert.equal(plan.kind === 'wait' && plan.trouble.reason, reason);
  });

test('while the feature is switched off there is nothing to wait for', () => {
  assert.deepEqual(planGateway(factsOf({ isRemoving: true, gatewayStatus: undefined })), { kind: 'remove' });
});

test('a gateway without configurations carries an empty tunnel', () => {
  const { inputs } = programmeOf({ gatewayStatus: ready(3) });
  assert.deepEqual([inputs.egress, inputs.workers], [[], []]);
});
