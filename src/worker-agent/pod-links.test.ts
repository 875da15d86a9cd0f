import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findVeth, type PodLinks } from './pod-links.ts';

function links(routed: string | undefined, existing: readonly string[]): PodLinks {
  return { linkTo: () => routed, exists: (link) => existing.includes(link) };
}

const address = '10.244.1.2';
const cases: readonly (readonly [string, readonly string[], PodLinks, string | undefined])[] = [
  ['the kernel routes to a link', ['veth1'], links('veth1', ['veth1']), 'veth1'],
  ['the kernel knows better than the plugins', ['eth0'], links('azv1', ['eth0', 'azv1']), 'azv1'],
  ['no route yet, one link named', ['veth1'], links(undefined, ['veth1']), 'veth1'],
  ['the named link does not exist', ['veth1'], links(undefined, []), undefined],
  ['a bridge and a port', ['cni0', 'veth1'], links(undefined, ['cni0', 'veth1']), undefined],
  ['no link named', [], links(undefined, []), undefined],
];

for (const [title, nodeLinks, kernel, expected] of cases) {
  test(`${title}: ${expected ?? 'refused'}`, () => {
    const find = () => findVeth({ address, nodeLinks }, kernel);
    if (expected === undefined) assert.throws(find, { code: 'PodNetworkUnsupported' });
    else assert.equal(find(), expected);
  });
}
