import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from './paging.ts';

const url = new URL('https://localhost:1/list?api-version=2024-01-01');
const items = (names: readonly number[]): { id: string }[] => names.map((name) => ({ id: `/x/${String(name)}` }));

test('a short list is one page, an empty one too', () => {
  assert.deepEqual(pageOf(items([2, 1]), { skipToken: undefined, pageSize: 2, url }), {
    items: items([1, 2]),
    nextLink: undefined,
  });
  assert.deepEqual(pageOf([], { skipToken: undefined, pageSize: 2, url }), { items: [], nextLink: undefined });
});

test('pages go on after the last id, also when that one is gone meanwhile, and 10 comes after 9', () => {
  const { items: first, nextLink } = pageOf(items([10, 9, 1]), { skipToken: undefined, pageSize: 2, url });
  assert.deepEqual(first, items([1, 9]));
  assert.ok(typeof nextLink === 'string');
  const next = new URL(nextLink);
  assert.equal(next.searchParams.get('api-version'), '2024-01-01');
  const skipToken = next.searchParams.get('$skiptoken') ?? undefined;
  assert.deepEqual(pageOf(items([1, 10, 11]), { skipToken, pageSize: 2, url }), { items: items([10, 11]), nextLink: undefined });
});

test('a token of somebody else is refused', () => {
  assert.throws(() => pageOf([], { skipToken: '', pageSize: 2, url }), { code: 'InvalidParameter' });
});
