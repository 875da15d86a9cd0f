import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pollUntil } from '../../src/base/poll.ts';
import { azureClients } from '../support/azure.ts';
import { applyManifest, kubectl, segw } from '../support/installation.ts';
import { fetchFromInternet } from '../support/internet-client.ts';
import { startToolsPod } from '../support/tools-pod.ts';

const namespace = 'balanced';
const nodeGroup = 'MC_segw_segw_local';
const internet = '192.0.2.10';
/** One connection after the other; each says in the pod's log where it came from. */
const server = 'while :; do printf "HTTP/1.0 200 OK\\r\\n\\r\\nhello" | nc -n -v -l -N -p 8080; done';

let address = '';

before(async () => {
  await segw('up');
  await applyManifest(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }));
  await startToolsPod({ name: 'server', namespace, command: ['sh', '-c', server] });
  await kubectl(
    'expose',
    'pod',
    '-n',
    namespace,
    'server',
    '--name=front',
    '--type=LoadBalancer',
    '--port=80',
    '--target-port=8080',
  );
  await kubectl('wait', '-n', namespace, 'service/front', '--for=jsonpath={.status.loadBalancer.ingress}', '--timeout=30s');
  address = await kubectl('get', '-n', namespace, 'service/front', '--output=jsonpath={.status.loadBalancer.ingress[0].ip}');
});

after(async () => {
  await kubectl('delete', 'namespace', namespace, '--timeout=90s');
});

test('a service of type LoadBalancer answers the internet at an address of its own', async () => {
  assert.match(address, /^198\.51\.100\.\d+$/);
  assert.equal(await answerOf(address), 'hello');
  const { network } = await azureClients();
  const { frontendIPConfigurations = [] } = await network.loadBalancers.get(nodeGroup, 'kubernetes');
  assert.equal(frontendIPConfigurations.length, 2, 'the outbound frontend and the one of the service');
});

test('with externalTrafficPolicy Local the pod sees the client itself', async () => {
  const patch = JSON.stringify({ spec: { externalTrafficPolicy: 'Local' } });
  await kubectl('patch', '-n', namespace, 'service/front', '--patch', patch);
  await pollUntil(
    'a connection from the internet host in the log of the pod',
    async (note) => {
      await fetchFromInternet({ address, port: 80 }).catch(() => undefined);
      const log = await kubectl('logs', '-n', namespace, 'server', '--tail=5');
      note(log);
      return log.includes(`Connection received on ${internet}`) ? true : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
  assert.equal(await answerOf(address), 'hello');
});

test('the address goes with the service', async () => {
  await kubectl('delete', '-n', namespace, 'service/front', '--timeout=60s');
  const { network } = await azureClients();
  const { frontendIPConfigurations = [] } = await network.loadBalancers.get(nodeGroup, 'kubernetes');
  assert.equal(frontendIPConfigurations.length, 1);
  const addresses = await Array.fromAsync(network.publicIPAddresses.list(nodeGroup));
  assert.ok(!addresses.some(({ ipAddress }) => ipAddress === address));
  await assert.rejects(fetchFromInternet({ address, port: 80 }));
});

/** The probes need two answers of a node before it gets connections, and a new service takes kube-proxy a moment. */
async function answerOf(publicAddress: string): Promise<string> {
  return pollUntil(
    'the service answers',
    async () => fetchFromInternet({ address: publicAddress, port: 80 }).catch(() => undefined),
    {
      timeoutMs: 60_000,
      intervalMs: 500,
    },
  );
}
