import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { pollUntil } from '../../src/base/poll.ts';
import { inNetns } from '../../src/linux/netns.ts';
import { assertSources, egressOf, openRig, type Rig, type RigPod } from '../support/dataplane/rig/rig.ts';
import { withoutElements } from '../support/dataplane/rig/rig-node.ts';
import { runIn } from '../privileged/linux/namespaces.ts';
import { patient } from '../support/patience.ts';

const port = 5000;
/** Not there before the first socket has loaded the module. */
const endpoints = 'cat /proc/net/sctp/eps || true';
let rig: Rig;
let server: ChildProcess;

before(async () => {
  rig = await openRig();
  server = socat(rig.fabric.internet, `SCTP4-LISTEN:${String(port)},fork,reuseaddr`, 'PIPE');
  const listening = (): true | undefined =>
    runIn(rig.fabric.internet, 'sh', '-c', endpoints).includes(` ${String(port)} `) || undefined;
  await pollUntil('the SCTP server listens', listening, { timeoutMs: patient(5000) });
});

after(async () => {
  await end(server);
  await rig.close();
});

test('an SCTP association of a pod leaves by the egress address of its SGC, and both sides hear each other', async () => {
  const destination = rig.destination();
  const client = associate(rig.pods.a1, destination);
  try {
    assert.equal(await answer(client), 'hello');
  } finally {
    await end(client);
  }
  assertSources(rig, destination, egressOf.a);
});

test('an SCTP association of a pod without a gateway comes to nothing, and nothing of it leaves', async () => {
  const destination = rig.destination();
  await rig.workers[1].during([withoutElements('gateway')], async () => {
    const client = associate(rig.pods.a1, destination);
    assert.deepEqual(await once(client, 'exit'), [1, null]);
  });
  assertSources(rig, destination, [], { isSilent: true });
});

/** One address on the pod's side: what else the pod may have, such as IPv6, is none of the translated association. */
function associate(pod: RigPod, destination: string): ChildProcess {
  const client = socat(pod.netns, '-', `SCTP4-CONNECT:${destination}:${String(port)},bind=${pod.address},connect-timeout=10`);
  client.stdin?.on('error', () => undefined).write('hello');
  return client;
}

async function answer(client: ChildProcess): Promise<string> {
  assert.ok(client.stdout);
  const [data]: Buffer[] = await once(client.stdout, 'data', { signal: AbortSignal.timeout(patient(10_000)) });
  return String(data);
}

function socat(netns: string, ...args: readonly string[]): ChildProcess {
  return inNetns(netns, () => spawn('socat', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
