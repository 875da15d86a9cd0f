import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCustomResourceDefinition } from '../api/crd/custom-resource-definition.ts';
import { kinds } from '../api/kinds.ts';
import { foreignDefinitions } from './foreign-definitions.ts';

const group = 'egressgateway.kubernetes.azure.com';

test('our own definitions are not foreign, and other groups do not matter', () => {
  const other = { metadata: { name: 'things.example.com' }, spec: { group: 'example.com' } };
  assert.deepEqual(foreignDefinitions([...kinds.map((kind) => toCustomResourceDefinition(kind)), other]), []);
});

test('a definition of our group without our label is', () => {
  const names = ['staticgatewayconfigurations', 'gatewaylbconfigurations'].map((plural) => `${plural}.${group}`);
  const definitions = names.map((name) => ({
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'other' } },
    spec: { group },
  }));
  assert.deepEqual(foreignDefinitions(definitions), names.toSorted());
});
