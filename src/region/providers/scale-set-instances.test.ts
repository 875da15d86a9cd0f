import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleInstance, exampleScaleSet } from '../../../test/support/example-scale-set.ts';
import type { ProvisioningState } from '../arm/resource.ts';
import { capacityAfterRemoval, desiredInstances } from './scale-set-instances.ts';

const instances = (states: Readonly<Record<string, ProvisioningState>>): ReturnType<typeof exampleInstance>[] =>
  Object.entries(states).map(([name, provisioningState]) => exampleInstance(name, { provisioningState }));
const names = (ids: readonly string[]): (string | undefined)[] => ids.map((id) => id.split('/').at(-1));

const cases: readonly {
  readonly name: string;
  readonly set: { readonly capacity: number; readonly nextInstanceId: number; readonly pendingInstanceIds?: readonly string[] };
  readonly have: Readonly<Record<string, ProvisioningState>>;
  readonly create?: readonly string[];
  readonly remove?: readonly string[];
  readonly repair?: readonly string[];
  readonly next?: number;
}[] = [
  { name: 'a new set gets its first instances', set: { capacity: 2, nextInstanceId: 0 }, have: {}, create: ['0', '1'], next: 2 },
  { name: 'a set that is as it should be is left alone', set: { capacity: 1, nextInstanceId: 1 }, have: { 0: 'Succeeded' } },
  {
    name: 'the newest go first',
    set: { capacity: 1, nextInstanceId: 11 },
    have: { 9: 'Succeeded', 10: 'Succeeded' },
    remove: ['10'],
  },
  {
    name: 'those that failed go before the newest',
    set: { capacity: 2, nextInstanceId: 3 },
    have: { 0: 'Failed', 1: 'Succeeded', 2: 'Succeeded' },
    remove: ['0'],
  },
  {
    name: 'a number is not used twice',
    set: { capacity: 2, nextInstanceId: 5 },
    have: { 0: 'Succeeded' },
    create: ['5'],
    next: 6,
  },
  {
    name: 'numbers reserved before an interruption are taken first',
    set: { capacity: 3, nextInstanceId: 3, pendingInstanceIds: ['1', '2'] },
    have: { 1: 'Succeeded' },
    create: ['2', '3'],
    next: 4,
  },
  {
    name: 'one that is leaving counts no more',
    set: { capacity: 1, nextInstanceId: 1 },
    have: { 0: 'Deleting' },
    create: ['1'],
    remove: ['0'],
    next: 2,
  },
  {
    name: 'a failed one is brought right',
    set: { capacity: 2, nextInstanceId: 2 },
    have: { 0: 'Failed', 1: 'Succeeded' },
    repair: ['0'],
  },
];
for (const { name, set, have, create = [], remove = [], repair = [], next = set.nextInstanceId } of cases)
  test(name, () => {
    const changes = desiredInstances(exampleScaleSet(set), instances(have));
    assert.deepEqual(
      { create: changes.create, remove: names(changes.remove), repair: names(changes.repair), next: changes.nextInstanceId },
      { create, remove, repair, next },
    );
  });

const removals: readonly {
  readonly name: string;
  readonly set: Parameters<typeof exampleScaleSet>[0];
  readonly have: Readonly<Record<string, ProvisioningState>>;
  readonly capacity: number;
}[] = [
  { name: 'one less', set: { capacity: 2 }, have: { 0: 'Deleting', 1: 'Succeeded' }, capacity: 1 },
  {
    name: 'the same when the instance was one too many',
    set: { capacity: 1 },
    have: { 0: 'Deleting', 1: 'Succeeded' },
    capacity: 1,
  },
  {
    name: 'one less also while others are still to come',
    set: { capacity: 3, pendingInstanceIds: ['2'] },
    have: { 0: 'Deleting', 1: 'Succeeded' },
    capacity: 2,
  },
];
for (const { name, set, have, capacity } of removals)
  test(`the capacity of a set that loses an instance is ${name}`, () => {
    assert.equal(capacityAfterRemoval(exampleScaleSet(set), instances(have)), capacity);
  });
