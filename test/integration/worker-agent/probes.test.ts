import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { startProber, type Prober } from '../../../src/tunnel-probe/prober.ts';
import { startResponder, type Responder } from '../../../src/tunnel-probe/responder.ts';
import type { ProbeAnswer } from '../../../src/tunnel-probe/wire-format.ts';

const log = createLogger('test', { level: 'silent' });
const address = '127.0.0.1';

let responder: Responder;
let prober: Prober;
let answer: ProbeAnswer | undefined;
let verdicts: string[];

beforeEach(async () => {
  answer = 'ready';
  verdicts = [];
  responder = await startResponder({ address, port: 0, answer: () => answer, log });
  prober = startProber({
    onVerdict: (number, verdict) => verdicts.push(`${String(number)} ${verdict}`),
    settings: { intervalMs: 20, lostProbes: 3 },
    log,
  });
});

afterEach(async () => {
  await prober.stop();
  await responder.stop();
});

async function awaitVerdict(verdict: string): Promise<void> {
  await pollUntil(verdict, (note) => (note(verdicts.join()), verdicts.at(-1) === verdict || undefined), {
    timeoutMs: 10_000,
    intervalMs: 5,
  });
}

test('a gateway is what it answers, dead when it is silent, and back with its first answer', async () => {
  prober.probe([{ number: 1, address, port: responder.port }]);
  await awaitVerdict('1 ready');
  answer = 'draining';
  await awaitVerdict('1 draining');
  answer = undefined;
  await awaitVerdict('1 dead');
  answer = 'ready';
  await awaitVerdict('1 ready');
  assert.equal(prober.verdictOf(1), 'ready');
});

test('one dead gateway says nothing of another, and one that is no longer probed is unknown', async () => {
  prober.probe([
    { number: 1, address, port: responder.port },
    { number: 2, address, port: 9 },
  ]);
  await awaitVerdict('2 dead');
  assert.equal(prober.verdictOf(1), 'ready');
  prober.probe([{ number: 1, address, port: responder.port }]);
  assert.equal(prober.verdictOf(2), 'unknown');
  assert.equal(prober.verdictOf(1), 'ready');
});

test('nonsense gets no answer', async () => {
  const socket = createSocket('udp4');
  const answers: Buffer[] = [];
  socket.on('message', (bytes) => answers.push(bytes));
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(16), Buffer.alloc(1400, 1)])
    socket.send(bytes, responder.port, address);
  const probe = Buffer.from('53475750000000000000000000000007', 'hex');
  socket.send(probe, responder.port, address);
  await pollUntil('the answer to the probe', () => answers.length > 0 || undefined, { timeoutMs: 10_000, intervalMs: 5 });
  assert.deepEqual(
    answers.map((bytes) => bytes.toString('hex')),
    ['53475750000100000000000000000007'],
  );
  socket.close();
  await once(socket, 'close');
});
