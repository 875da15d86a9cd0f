import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pollUntil } from '../../src/base/poll.ts';
import { podAnnotation } from '../../src/api/names.ts';
import { azureClients } from '../support/azure.ts';
import { kubectl, segw } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { execInPod, startToolsPod } from '../support/tools-pod.ts';

const cluster = ['-g', 'segw', '-n', 'segw'];
const pool = ['-g', 'segw', '--cluster-name', 'segw', '-n', 'gwpool'];

test('disabling is refused while a gateway pool exists', async () => {
  await assert.rejects(segw('aks', 'update', ...cluster, '--disable-static-egress-gateway'), /gwpool/);
});

test('without its configuration the pool is deleted, and its nodes are gone', async () => {
  await kubectl('delete', 'namespace', 'demo', '--timeout=120s');
  await segw('aks', 'nodepool', 'delete', ...pool);
  assert.equal(await kubectl('get', 'nodes', '--selector', 'kubernetes.azure.com/agentpool=gwpool', '--output', 'name'), '');
  const { network } = await azureClients();
  assert.deepEqual(await Array.fromAsync(network.publicIPPrefixes.listAll()), []);
});

test('disabling takes everything out again: kinds, namespace, policies, roles', async () => {
  await segw('aks', 'update', ...cluster, '--disable-static-egress-gateway');
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
