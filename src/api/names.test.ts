import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudResourcesFinalizer, fieldManagers, labels, podAnnotation, systemNamespace, taints } from './names.ts';

/** What Kubernetes takes as the key of a label, an annotation, a taint or a finalizer. */
const qualifiedName = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z0-9]+\/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

test('every key is a qualified name', () => {
  const keys = [podAnnotation, cloudResourcesFinalizer, ...Object.values(labels), ...Object.values(taints).map(({ key }) => key)];
  for (const key of keys) assert.match(key, qualifiedName);
});

test('names that users of AKS know are those of AKS', () => {
  assert.equal(podAnnotation, 'kubernetes.azure.com/static-gateway-configuration');
  assert.equal(systemNamespace, 'kube-egress-gateway-system');
  assert.deepEqual(taints.aksGateway, { key: 'kubernetes.azure.com/mode', value: 'gateway', effect: 'NoSchedule' });
});

test('each writer has a field manager of its own', () => {
  const managers = Object.values(fieldManagers);
  assert.equal(new Set(managers).size, managers.length);
});
