import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assert as check, constantFrom, property, array, string } from 'fast-check';
import { ArmError } from './errors.ts';
import {
  ancestorId,
  canonicalId,
  formatResourceId,
  isUnder,
  nameOf,
  parentOf,
  parseResourceId,
  readResourceId,
  sameId,
  typeOf,
} from './ids.ts';

const subnet = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n';

describe('resource ids', () => {
  const ids: readonly [id: string, type: string, name: string][] = [
    ['/subscriptions/s', 'Microsoft.Resources/subscriptions', 's'],
    ['/subscriptions/s/resourceGroups/g', 'Microsoft.Resources/resourceGroups', 'g'],
    [
      '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPPrefixes/p',
      'Microsoft.Network/publicIPPrefixes',
      'p',
    ],
    ['/subscriptions/s/providers/Microsoft.Features/features/f', 'Microsoft.Features/features', 'f'],
    [subnet, 'Microsoft.Network/virtualNetworks/subnets', 'n'],
  ];
  for (const [text, type, name] of ids)
    test(`${text} is read and written unchanged`, () => {
      const id = parseResourceId(text, 'id');
      assert.deepEqual([formatResourceId(id), typeOf(id), nameOf(id)], [text, type, name]);
    });

  for (const text of [
    '',
    'x',
    '/',
    '/subscriptions',
    '/subscriptions//',
    '/subscriptions/s/providers/N/t',
    `${subnet}/x`,
    subnet.slice(1),
  ])
    test(`"${text}" is refused`, () => {
      assert.throws(
        () => parseResourceId(text, 'id'),
        (error) => error instanceof ArmError && error.code === 'InvalidResourceReference',
      );
    });

  test('case and a slash at the end make no difference', () => {
    assert.ok(sameId(`${subnet.toUpperCase()}/`, subnet));
    assert.ok(!sameId(subnet, `${subnet}x`));
    const id = parseResourceId(`${subnet.replace('resourceGroups', 'resourcegroups')}/`, 'id');
    assert.equal(formatResourceId(id), subnet);
  });

  test('a resource lies under its ancestors, not under itself or a longer name', () => {
    assert.ok(isUnder(subnet, ancestorId(subnet).toUpperCase()));
    assert.ok(!isUnder(subnet, subnet));
    assert.ok(!isUnder(`${subnet}x/y/z`, subnet));
    const parent = parentOf(parseResourceId(subnet, 'id'));
    assert.equal(parent && formatResourceId(parent), ancestorId(subnet));
  });

  test('the type spells its own words, the client its names', () => {
    const id = parseResourceId(subnet.toLowerCase().replace('/v/', '/V/'), 'id');
    assert.equal(formatResourceId(canonicalId(id, 'Microsoft.Network/virtualNetworks/subnets')), subnet.replace('/v/', '/V/'));
  });

  test('what can be read is written as it was', () => {
    const segment = constantFrom('subscriptions', 'resourceGroups', 'providers', 'Microsoft.Network', 'a', 'b', '');
    check(
      property(array(segment, { maxLength: 10 }), (segments) => {
        const id = readResourceId(segments);
        if (id !== undefined) assert.equal(formatResourceId(id), `/${segments.join('/').replace(/\/$/, '')}`);
      }),
    );
    check(property(string(), (text) => readResourceId(text.split('/')) === undefined || text.includes('subscriptions')));
  });
});
