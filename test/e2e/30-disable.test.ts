import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrContains, parseCidr } from '../../src/base/addresses.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { podAnnotation, systemNamespace } from '../../src/api/names.ts';
import { azureClients } from '../support/azure.ts';
import { applyManifest, kubectl, segw } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { runOnMachine } from '../support/machine-shell.ts';
import { execInPod, startToolsPod } from '../support/tools-pod.ts';

const cluster = ['-g', 'segw', '-n', 'segw'];
const pool = ['-g', 'segw', '--cluster-name', 'segw', '-n', 'gwpool'];

/** A pod that is attached when the feature is disabled, and that never stops to connect. Nobody else talks to this port. */
const last = { name: 'last', namespace: 'last' };
const port = 4003;
const connect = `curl --silent --max-time 1 http://192.0.2.10:${String(port)}/`;
const connectForEver = ['sh', '-c', `trap exit TERM; while :; do ${connect}; sleep 0.1; done`];
let prefix = parseCidr('0.0.0.0/0', 'prefix');

/** Everything of ours that could be left on a node, a line each. */
const listOfOurs = `
nft list tables | grep segw || :
ip rule list | grep 7000: || :
ip route show table all | grep -E 'table 70[0-9]{2}' || :
ip -brief link | grep '^sgw' || :
find /etc/cni/net.d/05-segw.conflist /opt/cni/bin/static-egress-gateway /var/lib/segw /run/segw /run/wireguard ! -type d 2>/dev/null || :
`;

async function listNodes(): Promise<readonly string[]> {
  const names = await kubectl('get', 'nodes', '--output', 'jsonpath={.items[*].metadata.name}');
  return names.split(' ');
}

async function connectOutside(): Promise<void> {
  await execInPod(last, 'sh', '-c', `for n in $(seq 5); do ${connect}; done; exit 0`);
}

async function sourcesSeen(): Promise<ReadonlyMap<string, number>> {
  return (await readInternetCounters()).sourcesOf(port);
}

test('disabling is refused while a gateway pool exists', async () => {
  await assert.rejects(segw('aks', 'update', ...cluster, '--disable-static-egress-gateway'), /gwpool/);
});

test('a pod is attached, and leaves with its prefix', async () => {
  await kubectl('delete', 'namespace', 'demo', '--timeout=120s');
  await applyManifest(`apiVersion: v1
kind: Namespace
metadata: { name: ${last.namespace} }
---
apiVersion: egressgateway.kubernetes.azure.com/v1alpha1
kind: StaticGatewayConfiguration
metadata: { name: fixed, namespace: ${last.namespace} }
spec: { gatewayNodepoolName: gwpool }
`);
  const sgc = ['--namespace', last.namespace, 'sgc/fixed'];
  await kubectl('wait', ...sgc, '--for=condition=Ready', '--timeout=60s');
  prefix = parseCidr(await kubectl('get', ...sgc, '--output', 'jsonpath={.status.egressIpPrefix}'), 'egressIpPrefix');
  await startToolsPod({ ...last, annotations: { [podAnnotation]: 'fixed' }, command: connectForEver });
  await connectOutside();
  assert.equal((await sourcesSeen()).size, 1);
});

test('a pool that a configuration uses is not deleted, and the answer says which', async () => {
  await assert.rejects(segw('aks', 'nodepool', 'delete', ...pool), /used by StaticGatewayConfigurations: .*last\/fixed/);
  assert.notEqual(await kubectl('get', 'nodes', '--selector', 'kubernetes.azure.com/agentpool=gwpool', '--output', 'name'), '');
});

test('the pool is deleted in spite of it when its tag says so, and its nodes are gone', async () => {
  await segw('aks', 'nodepool', 'update', ...pool, '--tags', 'segw-delete-in-use=true');
  await segw('aks', 'nodepool', 'delete', ...pool);
  assert.equal(await kubectl('get', 'nodes', '--selector', 'kubernetes.azure.com/agentpool=gwpool', '--output', 'name'), '');
});

test('disabling ends while a pod is attached: its node keeps an agent, the other is clean, the cloud as well', async () => {
  await segw('aks', 'update', ...cluster, '--disable-static-egress-gateway');
  const { network } = await azureClients();
  assert.deepEqual(await Array.fromAsync(network.publicIPPrefixes.listAll()), []);
  const node = await kubectl('get', 'pod', '--namespace', last.namespace, last.name, '--output', 'jsonpath={.spec.nodeName}');
  const agents = ['get', 'pods', '--namespace', systemNamespace, '--selector', 'app.kubernetes.io/name=segw-worker-agent'];
  await pollUntil(
    'one agent is left',
    async (note) => {
      const names = await kubectl(...agents, '--output', 'jsonpath={.items[*].spec.nodeName}');
      note(names);
      return names === node ? true : undefined;
    },
    { timeoutMs: 30_000, intervalMs: 200 },
  );
  for (const other of await listNodes()) if (other !== node) assert.equal(await runOnMachine(other, listOfOurs), '');
});

test('the attached pod stays refused: not a packet leaves by the address of its node', async () => {
  const before = await sourcesSeen();
  await connectOutside();
  assert.deepEqual(await sourcesSeen(), before);
});

test('when the pod is gone nothing is left: kinds, namespace, policies, roles, and what was on the nodes', async () => {
  await kubectl('delete', 'pod', '--namespace', last.namespace, last.name);
  const left = async (): Promise<string> => {
    const objects = await kubectl(
      'get',
      'crd,validatingadmissionpolicy,clusterrole,clusterrolebinding,namespace',
      '--output',
      'name',
    );
    return objects
      .split('\n')
      .filter((name) => /segw-|egressgateway|egress-gateway/.test(name))
      .join('\n');
  };
  await pollUntil(
    'nothing of ours is left',
    async (note) => {
      const names = await left();
      note(names);
      return names === '' ? true : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
  for (const node of await listNodes()) assert.equal(await runOnMachine(node, listOfOurs), '', node);
  for (const source of (await sourcesSeen()).keys()) assert.ok(cidrContains(prefix, source), `${source} is in the prefix`);
  await kubectl('delete', 'namespace', last.namespace, '--wait=false');
});

test('pods start as before, also with the annotation, which nobody reads any more', async () => {
  await startToolsPod({ name: 'afterwards', annotations: { [podAnnotation]: 'gone' } });
  assert.match(
    await execInPod({ name: 'afterwards' }, 'curl', '--silent', '--max-time', '5', 'http://ifconfig.me/'),
    /^198\.51\.100\.\d+$/,
  );
  assert.equal((await readInternetCounters()).untranslated, 0);
});

test('it can be enabled again', async () => {
  await segw('aks', 'update', ...cluster, '--enable-static-egress-gateway');
  await kubectl('get', 'sgc', '--all-namespaces');
});
