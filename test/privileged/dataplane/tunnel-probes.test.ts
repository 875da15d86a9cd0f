import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { workerDevice } from '../../../src/dataplane/settings.ts';
import { openDeviceSocket } from '../../../src/linux/bound-socket.ts';
import { inNetns } from '../../../src/linux/netns.ts';
import { createTunnelEnd } from '../../../src/linux/tunnel-end.ts';
import { deriveProbeKeys } from '../../../src/tunnel-probe/probe-keys.ts';
import { TunnelProber } from '../../../src/tunnel-probe/tunnel-prober.ts';
import { TunnelResponder } from '../../../src/tunnel-probe/tunnel-responder.ts';
import { workerIdOf } from '../../../src/tunnel-probe/wire-format.ts';
import { gatewayAddress, openRig, type Rig } from '../../support/dataplane/rig/rig.ts';
import { newKeyPair } from '../../support/probe/probe-identity.ts';
import { runIn } from '../linux/namespaces.ts';

const log = createLogger('test', { level: 'silent' });
const settings = { interval: 50, hurriesAfter: 250, hurriedInterval: 20, limit: 500, late: 100, returns: 3 };
const worker = newKeyPair();
/** Each gateway signs with a key of its own: no other can answer for it. */
const gateways = { 1: newKeyPair(), 2: newKeyPair() } as const;
const numbers = [1, 2] as const;

let rig: Rig;
let responders: readonly TunnelResponder[];
let prober: TunnelProber;

before(async () => {
  rig = await openRig();
  responders = numbers.map((number) => {
    const keys = deriveProbeKeys(gateways[number].privateKey, worker.publicKey);
    const { gatewayPath, settings: names } = rig.gateways[number].node;
    return new TunnelResponder({
      end: createTunnelEnd(gatewayPath, names.probePort),
      keysOf: () => keys,
      answer: () => 'ready',
      log,
    });
  });
  for (const responder of responders) responder.refresh();
});

after(async () => {
  for (const responder of responders) await responder.stop();
  await rig.close();
});

beforeEach(() => {
  const { netns, settings: names } = rig.workers[1];
  prober = new TunnelProber({
    worker: workerIdOf(worker.publicKey),
    openSocket: (device) => inNetns(netns, () => openDeviceSocket(device)),
    onChange: () => undefined,
    settings,
    log,
  });
  prober.probe(
    numbers.map((number) => ({
      number,
      address: gatewayAddress(number),
      port: names.probePort,
      device: workerDevice(names, number),
      tunnelAddress: names.probeAddress,
      alternatives: [],
      keys: deriveProbeKeys(worker.privateKey, gateways[number].publicKey),
    })),
  );
});

afterEach(async () => {
  prober.stop();
  await rig.workers[1].restore();
});

/** Returns when a probe that ends from now on is answered. */
async function untilAnswered(number: number): Promise<void> {
  prober.report();
  await pollUntil(
    `an answer of gateway ${String(number)}`,
    () => (prober.report().find((each) => each.number === number)?.tally.outcomes.answered ?? 0) > 0 || undefined,
    { timeoutMs: 20_000 },
  );
}

async function untilSilent(number: number, isSilent: boolean): Promise<void> {
  await pollUntil(`silence of ${String(number)}: ${String(isSilent)}`, () => prober.isSilent(number) === isSilent || undefined, {
    timeoutMs: 20_000,
  });
}

test('each gateway answers through its own tunnel, past all rules, and none of them counts it as an offence', async () => {
  for (const number of numbers) await untilAnswered(number);
  for (const counter of ['badsrc', 'fromtun', 'spoof']) assert.equal(await rig.workers[1].counted(counter), 0, counter);
  for (const number of numbers)
    assert.equal(await rig.gateways[number].counted('unauth', rig.gateways[number].settings.namespace), 0);
});

test('a dead gateway, whose routes lead to the next one, is still asked itself', async () => {
  const { inputs } = rig.workers[1];
  const dead = inputs.gateways.map((each) => (each.number === 1 ? { ...each, state: 'dead' as const } : each));
  await rig.workers[1].carry({ ...inputs, gateways: dead });
  await untilAnswered(1);
});

test('a gateway whose tunnel is blocked on the way is silent, and the other one is not', async () => {
  for (const number of numbers) await untilAnswered(number);
  const { netns } = rig.workers[1];
  const address = gatewayAddress(1);
  const ports = `udp dport ${String(rig.workers[1].settings.gatewayPort)}`;
  runIn(
    netns,
    'nft',
    `table inet cut { chain out { type filter hook output priority raw; ip daddr ${address} ${ports} drop; }; }`,
  );
  await untilSilent(1, true);
  assert.equal(prober.isSilent(2), false);
  runIn(netns, 'nft', 'delete table inet cut');
  await untilSilent(1, false);
});

test('a tunnel that is made anew is asked anew', async () => {
  await untilAnswered(1);
  const { netns, settings: names } = rig.workers[1];
  runIn(netns, 'ip', 'link', 'delete', workerDevice(names, 1));
  await rig.workers[1].restore();
  await untilAnswered(1);
});
