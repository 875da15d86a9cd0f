import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desiredAddOns } from './add-ons.ts';

const objects = desiredAddOns({ dnsServiceAddress: '10.0.0.10' });

test('an account, a role and a configuration come before what needs them', () => {
  assert.deepEqual(
    objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    [
      'ClusterRoleBinding segw:kubelet-api-admin',
      'ServiceAccount coredns',
      'ClusterRole system:coredns',
      'ClusterRoleBinding system:coredns',
      'ConfigMap coredns',
      'Deployment coredns',
      'PodDisruptionBudget coredns-pdb',
      'Service kube-dns',
    ],
  );
});

test('CoreDNS tolerates no taint of a gateway pool', () => {
  const text = JSON.stringify(objects.find(({ kind }) => kind === 'Deployment'));
  const keys = [...text.matchAll(/"key":"(?<key>[^"]+)","operator":"Exists"/g)].map(({ groups }) => groups?.['key']);
  assert.deepEqual(keys, ['CriticalAddonsOnly', 'node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready']);
  assert.match(text, /"key":"kubernetes.azure.com\/mode","operator":"NotIn","values":\["gateway"\]/);
});

test('no block of the Corefile stands on one line', () => {
  const text = JSON.stringify(objects.find(({ kind }) => kind === 'ConfigMap'));
  assert.match(text, /forward \. \/etc\/resolv\.conf/);
  assert.doesNotMatch(text, /\{[^\\}"]*\w[^\\}"]*\}/);
});
