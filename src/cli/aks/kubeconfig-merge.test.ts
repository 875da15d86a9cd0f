import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { SegwError } from '../../base/error.ts';
import { mergeKubeconfig } from './kubeconfig-merge.ts';

function kubeconfig(name: string, server: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{ name: ${name}, cluster: { server: ${server} } }]
users: [{ name: user-${name}, user: { token: t } }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: user-${name} } }]
current-context: ${name}
`;
}

const keep = { overwrite: false };

function namesIn(text: string, list: string): unknown {
  return parse(text)[list].map(({ name }: { name: string }) => name);
}

describe('merging a kubeconfig', () => {
  it('into nothing gives the cluster alone', () => {
    const merged = mergeKubeconfig(undefined, kubeconfig('c1', 'https://a'), keep);
    assert.deepEqual(namesIn(merged, 'contexts'), ['c1']);
    assert.equal(parse(merged).kind, 'Config');
  });

  it('adds beside what is there, keeps what it does not know, and makes the new context the current one', () => {
    const existing = `${kubeconfig('old', 'https://old')}preferences: { colors: true }\n`;
    const merged = mergeKubeconfig(existing, kubeconfig('c1', 'https://a'), keep);
    for (const list of ['clusters', 'contexts']) assert.deepEqual(namesIn(merged, list), ['old', 'c1']);
    assert.equal(parse(merged)['current-context'], 'c1');
    assert.deepEqual(parse(merged).preferences, { colors: true });
  });

  it('twice is once', () => {
    const once = mergeKubeconfig(undefined, kubeconfig('c1', 'https://a'), keep);
    assert.equal(mergeKubeconfig(once, kubeconfig('c1', 'https://a'), keep), once);
  });

  it('does not replace another entry of the same name unless told to', () => {
    const existing = kubeconfig('c1', 'https://before');
    assert.throws(
      () => mergeKubeconfig(existing, kubeconfig('c1', 'https://after'), keep),
      (error) => error instanceof SegwError && error.code === 'AlreadyExists' && error.remedy.includes('--overwrite-existing'),
    );
    const merged = mergeKubeconfig(existing, kubeconfig('c1', 'https://after'), { overwrite: true });
    assert.deepEqual(parse(merged).clusters, [{ name: 'c1', cluster: { server: 'https://after' } }]);
  });

  it('names the context as asked', () => {
    const merged = mergeKubeconfig('', kubeconfig('c1', 'https://a'), { ...keep, contextName: 'mine' });
    assert.deepEqual(namesIn(merged, 'contexts'), ['mine']);
    assert.equal(parse(merged)['current-context'], 'mine');
  });
});
