import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Fault, faultSpecSchema } from './fault.ts';
import { faultTargetOf, strikingFaults } from './striking-faults.ts';

const group = '/subscriptions/s/resourceGroups/g';
const prefixes = `${group}/providers/Microsoft.Network/publicIPPrefixes`;
const set = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/v`;
const requestKinds = ['delay', 'throttle', 'fail', 'lose-answer'] as const;

function fault(id: number, spec: object): Fault {
  return { id, spec: faultSpecSchema.parse(spec), left: 1, hits: 0 };
}

describe('what a request asks for', () => {
  const requests: readonly [method: string, path: string, types: readonly string[], verb: string][] = [
    ['GET', `${prefixes}/p`, ['Microsoft.Network/publicIPPrefixes'], 'read'],
    ['GET', prefixes, ['Microsoft.Network/publicIPPrefixes'], 'read'],
    ['PUT', `${prefixes}/p`, ['Microsoft.Network/publicIPPrefixes'], 'write'],
    ['PATCH', group, ['Microsoft.Resources/resourceGroups'], 'write'],
    ['DELETE', `${prefixes}/p`, ['Microsoft.Network/publicIPPrefixes'], 'delete'],
    [
      'POST',
      `${set}/start`,
      ['Microsoft.Compute/virtualMachineScaleSets', 'Microsoft.Compute/virtualMachineScaleSets/start'],
      'action',
    ],
    ['GET', '/subscriptions/s/resources', ['Microsoft.Resources/resources'], 'read'],
    [
      'GET',
      '/subscriptions/s/providers/Microsoft.Network/locations/local/operations/1',
      ['Microsoft.Network/locations/operations'],
      'read',
    ],
  ];
  for (const [method, path, types, verb] of requests)
    test(`${method} ${path}`, () => assert.deepEqual(faultTargetOf(method, path), { types, verb }));

  test('a path that names nothing meets no fault', () =>
    assert.equal(faultTargetOf('GET', '/subscriptions/s/nothing/here'), undefined));
});

describe('a fault meets', () => {
  const target = { types: ['Microsoft.Network/publicIPPrefixes'], verb: 'write' } as const;
  const cases: readonly [name: string, selection: object, isMet: boolean][] = [
    ['every request by default', {}, true],
    ['a type by its last part, in any case', { type: 'publicipprefixes' }, true],
    ['a type by its whole name', { type: 'microsoft.network/PublicIPPrefixes' }, true],
    ['a type by a pattern', { type: 'Microsoft.Network/*' }, true],
    ['no other type', { type: 'Microsoft.Compute/*' }, false],
    ['no type of which it is a part', { type: 'publicIPPrefix' }, false],
    ['its verb', { verb: 'write' }, true],
    ['no other verb', { verb: 'delete' }, false],
  ];
  for (const [name, selection, isMet] of cases)
    test(name, () => {
      const { faults } = strikingFaults([fault(1, { kind: 'fail', ...selection })], target, requestKinds);
      assert.equal(faults.length, isMet ? 1 : 0);
    });
});

describe('of several faults', () => {
  const target = { types: ['Microsoft.Network/publicIPPrefixes'], verb: 'write' } as const;
  const idsOf = (faults: readonly Fault[]): readonly number[] =>
    strikingFaults(faults, target, requestKinds).faults.map(({ id }) => id);

  test('the oldest of a kind strikes', () =>
    assert.deepEqual(idsOf([fault(1, { kind: 'lose-answer' }), fault(2, { kind: 'lose-answer' })]), [1]));
  test('a delay comes on top of an error', () =>
    assert.deepEqual(idsOf([fault(1, { kind: 'throttle' }), fault(2, { kind: 'delay', durationMs: 5 })]), [1, 2]));
  test('one error is enough', () => assert.deepEqual(idsOf([fault(1, { kind: 'fail' }), fault(2, { kind: 'throttle' })]), [1]));
  test('an answer that is an error is not lost', () =>
    assert.deepEqual(idsOf([fault(1, { kind: 'lose-answer' }), fault(2, { kind: 'fail' })]), [2]));
  test('those of operations are not for requests', () => assert.deepEqual(idsOf([fault(1, { kind: 'fail-operation' })]), []));
});
