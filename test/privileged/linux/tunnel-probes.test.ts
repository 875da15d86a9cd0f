import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { openDeviceSocket } from '../../../src/linux/bound-socket.ts';
import { deleteNetns, inNetns } from '../../../src/linux/netns.ts';
import { createTunnelEnd } from '../../../src/linux/tunnel-end.ts';
import { deriveProbeKeys } from '../../../src/tunnel-probe/probe-keys.ts';
import { probeOutcomes, type ProbeOutcome } from '../../../src/tunnel-probe/probe-tally.ts';
import { TunnelProber } from '../../../src/tunnel-probe/tunnel-prober.ts';
import { TunnelResponder } from '../../../src/tunnel-probe/tunnel-responder.ts';
import { workerIdOf } from '../../../src/tunnel-probe/wire-format.ts';
import { newKeyPair } from '../../support/probe/probe-identity.ts';
import { Namespaces, runIn } from './namespaces.ts';

const log = createLogger('test', { level: 'silent' });
const tunnelAddress = '100.127.255.254';
const port = 6081;
const worker = newKeyPair();
const gateway = newKeyPair();
const settings = { interval: 50, hurriesAfter: 250, hurriedInterval: 20, limit: 500, late: 100, returns: 3 };
const target = {
  number: 1,
  address: '192.0.2.1',
  port,
  device: 'sgw1',
  tunnelAddress,
  alternatives: [],
  keys: deriveProbeKeys(worker.privateKey, gateway.publicKey),
};

let namespaces: Namespaces;
let workerPath: string;
let gatewayPath: string;
let prober: TunnelProber;
let responder: TunnelResponder;
let changes: boolean[];

beforeEach(() => {
  namespaces = new Namespaces();
  workerPath = namespaces.create('worker');
  gatewayPath = namespaces.create('segw');
  changes = [];
  prober = new TunnelProber({
    worker: workerIdOf(worker.publicKey),
    openSocket: (device) => inNetns(workerPath, () => openDeviceSocket(device)),
    onChange: (_number, isSilent) => changes.push(isSilent),
    settings,
    log,
  });
  const keys = deriveProbeKeys(gateway.privateKey, worker.publicKey);
  const end = createTunnelEnd(gatewayPath, port);
  responder = new TunnelResponder({ end, keysOf: () => keys, answer: () => 'ready', log });
});

afterEach(async () => {
  prober.stop();
  await responder.stop();
  namespaces.remove();
});

/** A pair of links stands for the tunnel: nothing leads to the gateway's address but the device itself. */
function connect(): void {
  runIn(workerPath, 'ip', 'link', 'add', 'sgw1', 'type', 'veth', 'peer', 'name', 'wg0', 'netns', gatewayPath);
  runIn(workerPath, 'ip', 'address', 'add', '100.64.4.1/32', 'dev', 'sgw1');
  runIn(workerPath, 'ip', 'link', 'set', 'sgw1', 'up');
  runIn(gatewayPath, 'ip', 'address', 'add', `${tunnelAddress}/32`, 'dev', 'wg0');
  runIn(gatewayPath, 'ip', 'link', 'set', 'wg0', 'up');
  runIn(gatewayPath, 'ip', 'route', 'add', '100.64.4.0/22', 'dev', 'wg0');
}

/** Returns when some of the probes that end from now on end so. */
async function until(outcome: ProbeOutcome): Promise<void> {
  prober.report();
  await pollUntil(
    `probes that are ${outcome}`,
    (note) => {
      const [tunnel] = prober.report();
      note(probeOutcomes.map((each) => `${each} ${String(tunnel?.tally.outcomes[each])}`).join());
      return (tunnel?.tally.outcomes[outcome] ?? 0) > 0 || undefined;
    },
    { timeoutMs: 20_000 },
  );
}

async function untilSilent(isSilent: boolean): Promise<void> {
  await pollUntil(`silence: ${String(isSilent)}`, () => prober.isSilent(1) === isSilent || undefined, { timeoutMs: 20_000 });
}

test('probes go through the device, whatever the routes say, and are answered out of the gateway’s namespace', async () => {
  connect();
  runIn(workerPath, 'ip', 'route', 'add', 'blackhole', 'default');
  responder.refresh();
  prober.probe([target]);
  await until('answered');
  assert.deepEqual(changes, []);
});

test('a tunnel through which nothing comes is silent, and speaks again', async () => {
  connect();
  responder.refresh();
  prober.probe([target]);
  await until('answered');
  runIn(gatewayPath, 'nft', 'table inet cut { chain in { type filter hook prerouting priority raw; drop; }; }');
  await untilSilent(true);
  runIn(gatewayPath, 'nft', 'delete table inet cut');
  await untilSilent(false);
  assert.deepEqual(changes, [true, false]);
});

test('a refusal comes through the tunnel as well: the agent is away, the tunnel is not', async () => {
  connect();
  prober.probe([target]);
  await until('refused');
  responder.refresh();
  await until('answered');
});

test('without a device nothing is known, and a device that is made anew is asked', async () => {
  responder.refresh();
  prober.probe([target]);
  connect();
  await until('answered');
  runIn(workerPath, 'ip', 'link', 'delete', 'sgw1');
  connect();
  await until('answered');
  assert.deepEqual(changes, []);
});

test('a namespace that is made anew gets its answers back, and one that is gone is let go', async () => {
  connect();
  responder.refresh();
  prober.probe([target]);
  await until('answered');
  deleteNetns(gatewayPath);
  responder.refresh();
  await pollUntil('the end of the pair', () => !runIn(workerPath, 'ip', 'link').includes('sgw1') || undefined, {
    timeoutMs: 20_000,
  });
  namespaces.create('segw');
  connect();
  responder.refresh();
  await until('answered');
});

test('who is no longer probed is not silent', async () => {
  connect();
  prober.probe([{ ...target, port: 6082 }]);
  runIn(gatewayPath, 'nft', 'table inet cut { chain in { type filter hook prerouting priority raw; drop; }; }');
  await untilSilent(true);
  prober.probe([]);
  assert.equal(prober.isSilent(1), false);
  assert.deepEqual(prober.report(), []);
});
