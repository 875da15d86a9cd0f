import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { binarySetNames, binarySets, testSetNames, type BinarySet } from './binary-sets.ts';
import { goBuildArguments } from './go-build.ts';

const modules = {
  kubernetes: 'k8s.io/kubernetes',
  coredns: 'github.com/coredns/coredns',
  'wireguard-go': 'golang.zx2c4.com/wireguard',
  'kube-network-policies': 'sigs.k8s.io/kube-network-policies',
};

async function goMod(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, '../../../deploy/build', name, 'go.mod'), 'utf8');
}

for (const name of [...binarySetNames, ...testSetNames])
  test(`the version of ${name} is the one that its go.mod requires`, async () => {
    const required = (await goMod(name)).split('\n').map((line) => line.replace('require ', '').trim().split(' '));
    assert.deepEqual(
      required
        .filter(([module]) => module === modules[name])
        .map(([, version]) => version)
        .at(-1),
      binarySets[name].version,
    );
  });

test('the tools of the Kubernetes module are the programs of the set', async () => {
  const tools = [...(await goMod('kubernetes')).matchAll(/^\tk8s\.io\/kubernetes\/cmd\/(\S+)$/gm)].map(([, name = '']) => name);
  assert.deepEqual(tools.sort(), [...binarySets.kubernetes.binaries].sort());
});

test('no program belongs to two sets', () => {
  const all = binarySetNames.flatMap((name): readonly string[] => binarySets[name].binaries);
  assert.equal(new Set(all).size, all.length);
});

test('every official archive is of its architecture and pinned by a whole SHA-512', () => {
  for (const name of binarySetNames) {
    const set: BinarySet = binarySets[name];
    for (const [architecture, { url, sha512 }] of Object.entries(set.officialArchives ?? {})) {
      assert.match(sha512, /^[0-9a-f]{128}$/);
      assert.ok(url.includes(set.version) && url.includes(architecture), url);
    }
  }
});

test('a set of one program is written under its own name, a larger one into the folder', () => {
  const { coredns, kubernetes } = binarySets;
  assert.deepEqual(goBuildArguments({ set: coredns, outputDir: '/out' }).slice(-3), ['-o', '/out/coredns', '.']);
  assert.deepEqual(goBuildArguments({ set: kubernetes, outputDir: '/out' }).slice(-3), ['-o', '/out/', 'tool']);
});

test('Kubernetes programs are told their version', () => {
  const [, , , , ldflags] = goBuildArguments({ set: binarySets.kubernetes, outputDir: '/out' });
  assert.ok(ldflags?.includes('-X k8s.io/component-base/version.gitVersion=v1.34.4 '));
  assert.ok(ldflags?.includes('-X k8s.io/client-go/pkg/version.gitMinor=34 '));
});
