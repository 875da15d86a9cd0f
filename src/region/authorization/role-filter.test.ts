import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FilterTerm, parseRoleFilter } from './role-filter.ts';

const known = ['atscope', 'principalid', 'rolename'];
const rows: readonly [filter: string | undefined, terms: readonly FilterTerm[]][] = [
  [undefined, []],
  [' ', []],
  ['atScope()', [{ name: 'atscope', value: '' }]],
  ["roleName eq 'Read and Write'", [{ name: 'rolename', value: 'Read and Write' }]],
  ["roleName eq 'Bob''s'", [{ name: 'rolename', value: "Bob's" }]],
  [
    "atScope() and principalId eq 'p'",
    [
      { name: 'atscope', value: '' },
      { name: 'principalid', value: 'p' },
    ],
  ],
];
for (const [filter, terms] of rows)
  test(`${filter ?? 'no filter'} is understood`, () => {
    assert.deepEqual(parseRoleFilter(filter, known), terms);
  });

for (const filter of [
  "scope eq 'x'",
  'atScope',
  'atScope() and',
  "atScope() or principalId eq 'p'",
  "principalId eq 'p' x",
  "principalId ne 'p'",
])
  test(`${filter} is refused`, () => {
    assert.throws(() => parseRoleFilter(filter, known), { code: 'UnsupportedQuery' });
  });
