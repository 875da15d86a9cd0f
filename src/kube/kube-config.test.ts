import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegwError } from '../base/error.ts';
import { connectByKubeConfig } from './kube-config.ts';
import { connectByServiceAccount } from './service-account.ts';

const refused: readonly (readonly [what: string, text: string])[] = [
  ['no YAML', ': : :'],
  ['no cluster', 'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n'],
];

for (const [what, text] of refused) {
  test(`a kubeconfig with ${what} is refused`, () => {
    assert.throws(() => connectByKubeConfig({ source: { text }, userAgent: 'test' }), {
      code: 'InvalidInput',
      message: /kubeconfig: /,
    });
  });
}

test('a kubeconfig that is not there is refused with its path', () => {
  assert.throws(
    () => connectByKubeConfig({ source: { file: '/nowhere/config' }, userAgent: 'test' }),
    /read kubeconfig: .*\/nowhere\/config/,
  );
});

test('a pod without a token says which file is missing', async () => {
  const connection = connectByServiceAccount({ host: '::1', port: 6443, directory: '/nowhere', userAgent: 'test' });
  await assert.rejects(connection.send({ method: 'GET', path: '/' }), (error) => {
    assert.ok(error instanceof SegwError && error.code === 'Unauthorized' && error.retryable);
    assert.match(error.message, /\/nowhere\//);
    return true;
  });
});

test('a server that is not there is ApiServerUnreachable, and worth a retry', async () => {
  const text = JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
  const connection = connectByKubeConfig({ source: { text }, userAgent: 'test' });
  await assert.rejects(connection.send({ method: 'GET', path: '/' }), { code: 'ApiServerUnreachable', retryable: true });
});
