import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, property, string } from 'fast-check';
import { parseTarget } from './targets.ts';

const group = '/subscriptions/s/resourceGroups/g';
const sets = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets`;

const cases: readonly [path: string, kind: string, type?: string | undefined, under?: string][] = [
  ['/subscriptions/s', 'resource'],
  ['/subscriptions/s/resourcegroups', 'member', 'Microsoft.Resources/resourceGroups', '/subscriptions/s'],
  [group, 'resource'],
  [`${group}/resources`, 'everything', undefined, group],
  [
    '/subscriptions/s/providers/Microsoft.Network/publicIPPrefixes',
    'member',
    'Microsoft.Network/publicIPPrefixes',
    '/subscriptions/s',
  ],
  [sets, 'member', 'Microsoft.Compute/virtualMachineScaleSets', group],
  [`${sets}/v`, 'resource'],
  [`${sets}/v/powerOff`, 'member', 'Microsoft.Compute/virtualMachineScaleSets/powerOff', `${sets}/v`],
  [`${sets}/v/virtualMachines/0/`, 'resource'],
  ['/subscriptions/s/providers/Microsoft.Network/locations/l/operations/1', 'operation'],
  ['/subscriptions/s/providers/Microsoft.Network/locations/l/operationResults/1', 'operation'],
];
for (const [path, kind, type, under] of cases)
  test(`${path} is a ${kind}`, () => {
    const target = parseTarget(path);
    assert.equal(target?.kind, kind);
    if (target?.kind === 'member') assert.equal(target.type, type);
    if (target?.kind === 'member' || target?.kind === 'everything') assert.equal(target.under, under);
  });

for (const path of ['', '/', '/subscriptions', `${group}/providers/Microsoft.Network`, '/other/s/things', `${sets}//x`])
  test(`"${path}" names nothing`, () => {
    assert.equal(parseTarget(path), undefined);
  });

test('no path makes the parser throw', () => {
  check(property(string(), (path) => parseTarget(`/subscriptions/${path}`) === undefined || path !== ''));
});
