import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SegwError } from '../base/error.ts';
import { linesOf, parseWatchLine } from './watch-stream.ts';

test('an event is read with its object', () => {
  const object = { metadata: { name: 'a', resourceVersion: '7' }, spec: { x: 1 } };
  assert.deepEqual(parseWatchLine('watch', JSON.stringify({ type: 'ADDED', object })), { type: 'ADDED', object });
});

test('a bookmark is nothing but its version', () => {
  const line = JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '9' } } });
  assert.deepEqual(parseWatchLine('watch', line), { type: 'BOOKMARK', resourceVersion: '9' });
});

const errors: readonly (readonly [what: string, line: string, code: string])[] = [
  ['half a line', '{"type":"ADDED","object":{"meta', 'MalformedResponse'],
  ['no object', '{"type":"ADDED"}', 'MalformedResponse'],
  ['null', 'null', 'MalformedResponse'],
  ['an object without a version', '{"type":"ADDED","object":{"metadata":{"name":"a"}}}', 'MalformedResponse'],
  ['an unknown type', '{"type":"RENAMED","object":{"metadata":{"resourceVersion":"1"}}}', 'MalformedResponse'],
  ['a page of a proxy', '<html>Bad Gateway</html>', 'MalformedResponse'],
  [
    'a version that is too old',
    '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}',
    'ResourceExpired',
  ],
  ['a server in trouble', '{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd"}}', 'ApiServerError'],
];

for (const [what, line, code] of errors) {
  test(`${what} is ${code}`, () => {
    assert.throws(
      () => parseWatchLine('watch pods', line),
      (error) => error instanceof SegwError && error.code === code && error.retryable,
    );
  });
}

test('lines come out whole, wherever the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((line) => !line.includes('\n'))),
      fc.integer({ min: 1, max: 7 }),
      async (lines, size) => {
        const bytes = Buffer.from(lines.join('\n'));
        assert.deepEqual(await Array.fromAsync(linesOf(cut(bytes, size))), lines);
      },
    ),
  );
});

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}
