import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { firstLine } from '../../../src/base/first-line.ts';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { describeStep } from '../../../src/dataplane/describe-step.ts';
import { desiredGateway } from '../../../src/dataplane/desired-gateway.ts';
import { diff } from '../../../src/dataplane/diff/diff.ts';
import { hostNamespace } from '../../../src/dataplane/host-state.ts';
import type { Host } from '../../../src/dataplane/host.ts';
import { gatewayScope } from '../../../src/dataplane/scope.ts';
import { startGatewayPlane, type GatewayPlane, type Pass } from '../../../src/gateway-agent/gateway-plane.ts';
import { planGateway, type Plan, type Programme } from '../../../src/gateway-agent/inputs.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import { watchNamespaces } from '../../../src/linux/namespaces-watch.ts';
import { isNetns } from '../../../src/linux/netns.ts';
import { findBinary } from '../../support/binaries.ts';
import { configurationOf, factsOf, workerOf } from '../../support/gateway-agent/objects.ts';
import { runIn } from '../linux/namespaces.ts';
import { openNode, type LinuxNode } from '../linux/node.ts';

const log = createLogger('test', { level: 'silent' });

let node: LinuxNode;
let plane: GatewayPlane;
let plan: Plan;
let outcomes: Pass['outcome'][];

beforeEach(async () => {
  node = openNode(await findBinary('wireguard-go'));
  plan = planGateway(
    factsOf({
      publicKey: node.publicKey,
      vmConfigurations: [configurationOf('a'), configurationOf('b')],
      workers: [workerOf(1, { labels: ['a', 'b'] }), workerOf(2, { labels: ['b'] })],
    }),
  );
  plane = startPlane(node.host);
  await untilWhole();
});

afterEach(async () => {
  await plane.stop();
  await node.close();
});

function startPlane(host: Host): GatewayPlane {
  outcomes = [];
  return startGatewayPlane({
    host,
    plan: () => plan,
    remembered: undefined,
    store: { write: () => Promise.resolve() },
    watchKernel: (onChanges) => watchNamespaces({ [hostNamespace]: node.hostPath, segw: node.gatewayPath }, onChanges),
    onPass: (_state, { outcome }) => outcomes.push(outcome),
    settings: node.settings,
    clock: systemClock,
    log,
  });
}

function programme(): Programme {
  assert.equal(plan.kind, 'serve');
  return plan.programme;
}

async function untilWhole(): Promise<void> {
  const { inputs } = programme();
  const desired = desiredGateway(inputs, node.settings);
  const scope = gatewayScope(inputs, node.settings);
  await pollUntil(
    'the kernel carries everything',
    async (note) => {
      const steps = diff(await node.host.observe(scope), desired);
      note(`${String(steps.length)} steps, ${plane.state.trouble?.message ?? 'no trouble'}`);
      return steps.length === 0 && plane.state.isWhole ? true : undefined;
    },
    { timeoutMs: 20_000 },
  );
}

const damages: readonly (readonly [what: string, inGateway: boolean, command: string])[] = [
  ['the rules of the host', false, 'nft flush ruleset'],
  ['the rules of the gateway', true, 'nft flush ruleset'],
  ['the routes to the egress addresses', false, 'ip route flush dev gwv'],
  ['the routes to the workers', true, 'ip route flush table main'],
  ['the pair between the two', false, 'ip link delete gwv'],
  ['the egress addresses', true, 'ip address flush dev host0'],
];

for (const [what, inGateway, command] of damages)
  test(`${what}, removed by somebody, are told of and put back`, async () => {
    const [program = '', ...args] = command.split(' ');
    runIn(inGateway ? node.gatewayPath : node.hostPath, program, ...args);
    await untilWhole();
  });

test('a tunnel device that somebody deletes is put back', async () => {
  runIn(node.gatewayPath, 'ip', 'link', 'delete', node.settings.gatewayDevice);
  await untilWhole();
});

test('the secondary address does not stay on a link of the host', async () => {
  runIn(node.hostPath, 'ip', 'link', 'add', 'eth0', 'type', 'bridge');
  runIn(node.hostPath, 'ip', 'address', 'add', '10.224.0.101/16', 'dev', 'eth0');
  await pollUntil(
    'the address is gone',
    () => (runIn(node.hostPath, 'ip', 'address', 'show', 'dev', 'eth0').includes('10.224.0.101') ? undefined : true),
    { timeoutMs: 10_000 },
  );
});

test('a restarted agent writes its rules anew, each table in one transaction, and touches nothing else', async () => {
  await plane.stop();
  const host = node.openHost();
  const applied: string[] = [];
  plane = startPlane({
    observe: (scope) => host.observe(scope),
    apply: async (step) => {
      applied.push(firstLine(describeStep(step)));
      await host.apply(step);
    },
  });
  await untilWhole();
  assert.deepEqual(applied, ['host: nft rewrite table inet segw', 'segw: nft rewrite table inet segw']);
});

test('removed, there is neither a namespace nor a link nor a rule', async () => {
  plan = { kind: 'remove' };
  plane.replan();
  await pollUntil('it is removed', () => (plane.state.trouble?.reason === 'Removed' ? true : undefined), { timeoutMs: 20_000 });
  assert.deepEqual(new Set(outcomes), new Set(['ok']));
  assert.equal(isNetns(node.gatewayPath), false);
  assert.equal(runIn(node.hostPath, 'ip', '-o', 'link').trim().split('\n').length, 1);
  assert.equal(runIn(node.hostPath, 'nft', 'list', 'ruleset'), '');
});
