import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { openDeviceSocket } from '../../../src/linux/bound-socket.ts';
import { raiseThreadPriority } from '../../../src/linux/thread-priority.ts';
import { deriveProbeKeys } from '../../../src/tunnel-probe/probe-keys.ts';
import type { Prober, ProbeReport, ProbeTarget } from '../../../src/tunnel-probe/prober.ts';
import type { Responder } from '../../../src/tunnel-probe/responder.ts';
import { startThreadedProber } from '../../../src/tunnel-probe/threaded-prober.ts';
import { startThreadedResponder } from '../../../src/tunnel-probe/threaded-responder.ts';
import { encodePacket, parsePacket, workerIdOf } from '../../../src/tunnel-probe/wire-format.ts';
import { newKeyPair } from '../../support/probe/probe-identity.ts';

const log = createLogger('test', { level: 'silent' });
const address = '127.0.0.1';
const worker = newKeyPair();
const gateway = newKeyPair();
const responderThread = new URL('../../../src/cmd/responder-thread.ts', import.meta.url);
const raisePriority = (thread: number) => raiseThreadPriority(thread, '/none');
const common = {
  address,
  privateKey: gateway.privateKey,
  tunnelEnd: { identity: () => undefined, openSocket: () => -1 },
  raisePriority,
  onPriority: () => undefined,
  log,
};

let responder: Responder;
let prober: Prober;
let verdicts: string[];
let reports: ProbeReport[];

beforeEach(async () => {
  verdicts = [];
  reports = [];
  responder = await startThreadedResponder({ ...common, thread: responderThread, port: 0 });
  responder.setWorkers([worker.publicKey]);
  responder.setAnswer('ready');
  prober = startThreadedProber({
    ...worker,
    thread: new URL('../../../src/cmd/prober-thread.ts', import.meta.url),
    raisePriority,
    openTunnelSocket: (device) => openDeviceSocket(device),
    silence: { interval: 50, hurriesAfter: 250, hurriedInterval: 20, limit: 500, late: 100, returns: 3 },
    observer: {
      onVerdict: (number, verdict) => verdicts.push(`${String(number)} ${verdict}`),
      onPriority: () => undefined,
      onReport: (report) => reports.push(report),
    },
    log,
  });
});

afterEach(async () => {
  await prober.stop();
  await responder.stop();
});

function target(number: number, change: Partial<ProbeTarget> = {}): ProbeTarget {
  const { port } = responder;
  return {
    number,
    address,
    port,
    publicKey: gateway.publicKey,
    device: 'none',
    tunnelAddress: '192.0.2.1',
    alternatives: [],
    ...change,
  };
}

async function awaitVerdict(verdict: string): Promise<void> {
  await pollUntil(verdict, (note) => (note(verdicts.join()), verdicts.at(-1) === verdict || undefined), {
    timeoutMs: 20_000,
    intervalMs: 5,
  });
}

test('a gateway is what it answers, dead when it is silent, and back with its first answer when it is the only one', async () => {
  prober.probe([target(1)]);
  await awaitVerdict('1 ready');
  responder.setAnswer('draining');
  await awaitVerdict('1 draining');
  responder.setAnswer(undefined);
  await awaitVerdict('1 dead');
  responder.setAnswer('ready');
  await awaitVerdict('1 ready');
  assert.equal(prober.verdictOf(1), 'ready');
});

test('one dead gateway says nothing of another, and one that is no longer probed is unknown', async () => {
  const silent = createSocket('udp4').bind(0, address);
  await once(silent, 'listening');
  prober.probe([target(1), target(2, { port: silent.address().port, alternatives: [1] })]);
  await awaitVerdict('2 dead');
  assert.equal(prober.verdictOf(1), 'ready');
  prober.probe([target(1)]);
  assert.equal(prober.verdictOf(2), 'unknown');
  assert.equal(prober.verdictOf(1), 'ready');
  silent.close();
});

test('a gateway that answers, but not through its tunnel, is dead until it does', async () => {
  const swallowing = createSocket('udp4').bind(responder.port, '127.0.0.2');
  await once(swallowing, 'listening');
  prober.probe([target(1, { device: 'lo', tunnelAddress: '127.0.0.2' })]);
  await awaitVerdict('1 ready');
  await awaitVerdict('1 dead');
  assert.equal(prober.verdictOf(1), 'dead');
  responder.setAnswer('draining');
  swallowing.close();
  await awaitVerdict('1 draining');
  // The answer of before may still be under way: then it is ready first.
  assert.deepEqual(
    verdicts.filter((verdict, place) => place === 0 || verdict !== '1 ready'),
    ['1 ready', '1 dead', '1 draining'],
  );
});

test('a gateway to which the kernel sends nothing is dead, and the others are probed on', async () => {
  prober.probe([target(1), target(2, { address: '255.255.255.255', alternatives: [1] })]);
  await awaitVerdict('2 dead');
  responder.setAnswer('draining');
  await awaitVerdict('1 draining');
  assert.deepEqual(verdicts.toSorted(), ['1 draining', '1 ready', '2 dead']);
});

test('a gateway whose agent is restarted goes on', async () => {
  prober.probe([target(1)]);
  await awaitVerdict('1 ready');
  const { port } = responder;
  await responder.stop();
  responder = await startThreadedResponder({ ...common, thread: responderThread, port });
  responder.setWorkers([worker.publicKey]);
  responder.setAnswer('draining');
  await awaitVerdict('1 draining');
  assert.deepEqual(verdicts, ['1 ready', '1 draining']);
});

test('every second there is a report of what became of the probes, and of how late they were', async () => {
  prober.probe([target(1)]);
  const tally = await pollUntil('answers', () => reports.flatMap(({ gateways }) => gateways).find(hasAnswers), {
    timeoutMs: 20_000,
  });
  assert.deepEqual({ ...tally.tally.outcomes, answered: 0 }, { answered: 0, refused: 0, lost: 0 });
  assert.equal(tally.tally.roundTripsMs.length, tally.tally.outcomes.answered);
  assert.ok(reports.flatMap(({ lateMs }) => lateMs).every((ms) => ms >= 0));
  await responder.stop();
  await pollUntil(
    'refused probes',
    () => reports.flatMap(({ gateways }) => gateways).some((each) => each.tally.outcomes.refused > 0) || undefined,
    { timeoutMs: 20_000 },
  );
});

function hasAnswers({ way, tally }: ProbeReport['gateways'][number]): boolean {
  return way === 'node' && tally.outcomes.answered > 0;
}

test('a worker that the gateway does not know, and one that takes another for the gateway, get no verdict but death', async () => {
  responder.setWorkers([newKeyPair().publicKey]);
  prober.probe([target(1)]);
  await awaitVerdict('1 dead');
  responder.setWorkers([worker.publicKey]);
  await awaitVerdict('1 ready');
  prober.probe([target(2, { publicKey: newKeyPair().publicKey })]);
  await awaitVerdict('2 dead');
});

test('only a signed probe of a known worker is answered', async () => {
  const keys = deriveProbeKeys(worker.privateKey, gateway.publicKey);
  const probe = encodePacket({ kind: 'probe', worker: workerIdOf(worker.publicKey), nonce: 7n }, keys.probe);
  const forged = Buffer.from(probe);
  forged[39] = (forged[39] ?? 0) ^ 1;
  const ownReply = encodePacket({ kind: 'probe', worker: workerIdOf(worker.publicKey), nonce: 7n }, keys.reply);
  const socket = createSocket('udp4');
  const answers: Buffer[] = [];
  socket.on('message', (bytes) => answers.push(bytes));
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(40), Buffer.alloc(1400, 1), forged, ownReply, probe])
    socket.send(bytes, responder.port, address);
  await pollUntil('the answer to the probe', () => answers.length > 0 || undefined, { timeoutMs: 20_000, intervalMs: 5 });
  assert.deepEqual(
    answers.map((bytes) => parsePacket(bytes, () => keys.reply)),
    [{ kind: 'reply', worker: workerIdOf(worker.publicKey), nonce: 7n, answer: 'ready' }],
  );
  socket.close();
  await once(socket, 'close');
});
