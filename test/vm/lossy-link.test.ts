import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { pollUntil } from '../../src/base/poll.ts';
import { inNetns } from '../../src/linux/netns.ts';
import { Namespaces, runIn } from '../privileged/linux/namespaces.ts';
import { patient } from '../support/patience.ts';

const probingState = z.object({ verdicts: z.array(z.string()), answered: z.number(), lost: z.number() });
type ProbingState = z.infer<typeof probingState>;

const program = fileURLToPath(new URL('probing-program.ts', import.meta.url));
const namespaces = new Namespaces();
let netns: string;
let child: ChildProcess;
let state: ProbingState = { verdicts: [], answered: 0, lost: 0 };

before(async () => {
  netns = namespaces.create('node');
  runIn(netns, 'ip', 'link', 'set', 'lo', 'up');
  const started = inNetns(netns, () => spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] }));
  createInterface({ input: started.stdout }).on('line', (line) => (state = probingState.parse(JSON.parse(line))));
  child = started;
  await until('both gateways are ready', ({ verdicts }) => verdicts.length === 2);
});

after(async () => {
  child.kill('SIGKILL');
  await once(child, 'exit');
  namespaces.remove();
});

/** What the network does with packets from now on, in tc's words; a probe and its reply both meet it. */
function disturb(netem: string): void {
  runIn(netns, 'tc', 'qdisc', 'replace', 'dev', 'lo', 'root', 'netem', ...netem.split(' '));
}

async function until(what: string, isSo: (state: ProbingState) => boolean): Promise<void> {
  const probe = (note: (text: string) => void): true | undefined => {
    note(JSON.stringify(state));
    return isSo(state) || undefined;
  };
  await pollUntil(what, probe, { timeoutMs: patient(60_000) });
}

test('loss, jitter, copies and packets out of order give no verdict', async () => {
  const known = state.verdicts.length;
  disturb(`delay ${milliseconds(10)} ${milliseconds(4)} loss 5% duplicate 2% reorder 5% 50%`);
  const { answered } = state;
  await until('probes are lost, and answered', (now) => now.lost >= 5 && now.answered - answered >= 100);
  assert.deepEqual(state.verdicts.slice(known), []);
});

test('a network that carries nothing is a verdict on each gateway, and one that carries again takes it back', async () => {
  const known = state.verdicts.length;
  disturb('loss 100%');
  await until('both are dead', ({ verdicts }) => verdicts.length === known + 2);
  assert.deepEqual(state.verdicts.slice(known).sort(), ['1 dead', '2 dead']);
  disturb(`delay ${milliseconds(1)}`);
  await until('both are ready', ({ verdicts }) => verdicts.length === known + 4);
  assert.deepEqual(state.verdicts.slice(known + 2).sort(), ['1 ready', '2 ready']);
});

/** Scaled as the prober's own timers are. */
function milliseconds(count: number): string {
  return `${String(patient(count))}ms`;
}
