import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { z } from 'zod';
import { takeHostSnapshot } from '../support/host-snapshot.ts';
import { installationMarks, kubectl, kubectlJson, segw, settings } from '../support/installation.ts';
import { execInPod, fetchStatusInPod, startToolsPod } from '../support/tools-pod.ts';

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
      spec: z.object({ providerID: z.string(), podCIDR: z.string() }),
    }),
  ),
});

before(async () => {
  await writeFile(`${settings.stateDir}.before.json`, JSON.stringify(await takeHostSnapshot(installationMarks)));
  await segw('up');
});

test('the nodes are Ready and look like nodes of AKS', async () => {
  await kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s');
  const { items } = nodeList.parse(await kubectlJson('get', 'nodes'));
  assert.equal(items.length, 2);
  for (const { metadata, spec } of items) {
    assert.match(metadata.name, /^aks-nodepool1-\d{8}-vmss00000[01]$/);
    assert.match(
      spec.providerID,
      /^azure:\/\/\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/MC_segw_segw_local\/providers\/Microsoft\.Compute\/virtualMachineScaleSets\/aks-nodepool1-\d{8}-vmss\/virtualMachines\/[01]$/,
    );
    assert.match(spec.podCIDR, /^10\.244\.\d+\.0\/24$/);
    assert.equal(metadata.labels['kubernetes.azure.com/agentpool'], 'nodepool1');
    assert.equal(metadata.labels['kubernetes.azure.com/mode'], 'system');
    for (const key of ['topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/region'])
      assert.equal(metadata.labels[key], 'local');
    for (const key of ['node.kubernetes.io/instance-type', 'beta.kubernetes.io/instance-type'])
      assert.equal(metadata.labels[key], 'Standard_D2s_v5');
  }
});

test('a plain pod reaches the internet by name, and leaves by the outbound address of the cluster', async () => {
  await startToolsPod({ name: 'plain' });
  assert.match(
    await execInPod({ name: 'plain' }, 'curl', '--silent', '--max-time', '5', 'http://ifconfig.me/'),
    /^198\.51\.100\.\d+$/,
  );
});

test('pods resolve services and the API server answers them', async () => {
  assert.match(await execInPod({ name: 'plain' }, 'dig', '+short', 'kubernetes.default.svc.cluster.local'), /^10\.0\.0\.1$/);
  const status = await fetchStatusInPod({ name: 'plain' }, 'https://kubernetes.default/healthz');
  assert.equal(status, '200');
});

test('a second up changes nothing: the pod is not restarted', async () => {
  const uid = ['get', 'pod', 'plain', '--output', 'jsonpath={.metadata.uid} {.status.containerStatuses[0].restartCount}'];
  const first = await kubectl(...uid);
  await segw('up');
  assert.equal(await kubectl(...uid), first);
});

test('down and up continue with the state: the pod is back on the same node', async () => {
  const where = ['get', 'pod', 'plain', '--output', 'jsonpath={.spec.nodeName}'];
  const node = await kubectl(...where);
  await segw('down');
  await segw('up');
  assert.equal(await kubectl(...where), node);
  await kubectl('wait', '--for=condition=Ready', 'pod/plain', '--timeout=90s');
});
