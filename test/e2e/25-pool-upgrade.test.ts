import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { podAnnotation } from '../../src/api/names.ts';
import { cidrContains } from '../../src/base/addresses.ts';
import { azureClients } from '../support/azure.ts';
import { readPrefix, startConfiguration } from '../support/egress-configuration.ts';
import { kubectl } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { execInPod, startToolsPod } from '../support/tools-pod.ts';

const namespace = 'upgrade';
const client = { name: 'client', namespace };
const gateways = ['--selector', 'kubernetes.azure.com/agentpool=gwpool'];
/** Asks the internet host for the caller's address, for ever, and writes down what it hears. */
const ask = 'curl --silent --max-time 2 http://192.0.2.10/ || echo failed';
const askForEver = ['sh', '-c', `trap exit TERM; while :; do echo "$(${ask})" >> /tmp/answers; sleep 0.1; done`];

after(async () => {
  await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s');
});

async function gatewayNodes(): Promise<readonly { readonly name: string; readonly address: string; readonly uid: string }[]> {
  const path = '{range .items[*]}{.metadata.name} {.status.addresses[0].address} {.metadata.uid}{"\\n"}{end}';
  const text = await kubectl('get', 'nodes', ...gateways, '--output', `jsonpath=${path}`);
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([name = '', address = '', uid = '']) => ({ name, address, uid }));
}

test('an upgrade of a gateway pool gives every node a new disk, and no connection of a pod fails or leaves by another address', async () => {
  const prefix = await startConfiguration(namespace);
  const before = await gatewayNodes();
  await startToolsPod({ ...client, annotations: { [podAnnotation]: 'fixed' }, command: askForEver });

  const { containers } = await azureClients();
  await containers.agentPools.upgradeNodeImageVersion('segw', 'segw', 'gwpool');

  const after = await gatewayNodes();
  assert.deepEqual(
    after.map(({ name, address }) => ({ name, address })),
    before.map(({ name, address }) => ({ name, address })),
  );
  for (const { uid } of after) assert.ok(!before.some((node) => node.uid === uid), 'the node has joined anew');
  assert.deepEqual(await readPrefix(namespace), prefix);
  const answers = (await execInPod(client, 'cat', '/tmp/answers')).split('\n');
  assert.ok(answers.length > 20, `${String(answers.length)} answers`);
  assert.deepEqual(
    answers.filter((answer) => answer === 'failed' || !cidrContains(prefix, answer)),
    [],
  );
  assert.equal((await readInternetCounters()).untranslated, 0);
});
