import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { chainPlugin, chooseForeign, isChained } from './conflist.ts';

const ours = { type: 'static-egress-gateway', capabilities: { 'io.kubernetes.cri.pod-annotations': true } };

test('our plugin is the last of the chain, and the rest stays as it is', () => {
  const text = '{"cniVersion":"1.0.0","name":"k8s","disableCheck":true,"plugins":[{"type":"ptp","mtu":1500},{"type":"portmap"}]}';
  const expected = {
    cniVersion: '1.0.0',
    name: 'k8s',
    disableCheck: true,
    plugins: [{ type: 'ptp', mtu: 1500 }, { type: 'portmap' }, ours],
  };
  const chained = chainPlugin({ name: '10-a.conflist', text });
  assert.deepEqual(JSON.parse(chained), expected);
  assert.ok(isChained(chained));
  assert.ok(!isChained(text));
});

test('a configuration of one plugin becomes a list with its name and version', () => {
  const plugin = { cniVersion: '0.4.0', name: 'one', type: 'ptp', ipam: { type: 'host-local' } };
  const chained: unknown = JSON.parse(chainPlugin({ name: '10-a.conf', text: JSON.stringify(plugin) }));
  assert.deepEqual(chained, { cniVersion: '0.4.0', name: 'one', plugins: [plugin, ours] });
});

test('numbers keep every digit', () => {
  const chained = chainPlugin({
    name: 'a.conflist',
    text: '{"plugins":[{"type":"x","id":12345678901234567890,"f":1.0,"e":1e2}]}',
  });
  assert.match(chained, /"id": 12345678901234567890,\s+"f": 1\.0,\s+"e": 1e2/);
});

test('what is chained already is not chained again', () => {
  const once = chainPlugin({ name: 'a.conflist', text: '{"name":"n","plugins":[{"type":"x"}]}' });
  assert.equal(chainPlugin({ name: 'b.conflist', text: once }), once);
});

test('any list keeps its plugins', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }), (plugins) => {
      const text = JSON.stringify({ name: 'n', plugins });
      const chained: unknown = JSON.parse(chainPlugin({ name: 'a.conflist', text }));
      const parsed: { readonly plugins: readonly unknown[] } = JSON.parse(text);
      assert.deepEqual(chained, { name: 'n', plugins: [...parsed.plugins, ours] });
    }),
  );
});

for (const text of ['', '{', '[]', 'null', '{"name":"n"}', '{"plugins":[]}', '{"plugins":"x"}', '{"type":1}']) {
  test(`"${text}" is refused, and is not chained`, () => {
    assert.throws(() => chainPlugin({ name: '10-a.conflist', text }), { code: 'InvalidInput' });
    assert.ok(!isChained(text));
  });
}

const choices: readonly (readonly [readonly string[], string | undefined])[] = [
  [[], undefined],
  [['05-segw.conflist'], undefined],
  [['20-b.conflist', '10-a.conf', '05-segw.conflist'], '10-a.conf'],
  [['10-a.conflist.tmp', '.10-a', '10-a.bak', '30-c.json'], '30-c.json'],
];

for (const [names, expected] of choices) {
  test(`of ${names.join(', ') || 'no file'} the runtime would use ${expected ?? 'none'}`, () => {
    const files = names.map((name) => ({ name, text: '' }));
    assert.equal(chooseForeign(files, '05-segw.conflist')?.name, expected);
  });
}
