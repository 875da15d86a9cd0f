import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatKey, parseKey } from './object.ts';
import { collectionPath, objectPath } from './resource.ts';

const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const crds = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

test('paths are those of the API server', () => {
  assert.equal(collectionPath(pods), '/api/v1/pods');
  assert.equal(collectionPath(pods, 'a'), '/api/v1/namespaces/a/pods');
  assert.equal(objectPath(pods, { namespace: 'a', name: 'b' }, 'status'), '/api/v1/namespaces/a/pods/b/status');
  assert.equal(objectPath(crds, { name: 'x.y' }), '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x.y');
});

test('a name cannot leave its path', () => {
  assert.equal(objectPath(pods, { namespace: 'a', name: '../b?c' }), '/api/v1/namespaces/a/pods/..%2Fb%3Fc');
});

test('a key and its text are the same thing', () => {
  for (const key of [{ namespace: 'a', name: 'b' }, { name: 'b' }]) assert.deepEqual(parseKey(formatKey(key)), key);
});
