import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudResourcesFinalizer } from '../../api/names.ts';
import { desiredAnswer } from './removal.ts';

const spec = { provisionPublicIps: true, defaultRoute: 'staticEgressGateway' } as const;
const held = { metadata: { name: 'a', namespace: 'n', finalizers: [cloudResourcesFinalizer] }, spec };
const free = { metadata: { name: 'b', namespace: 'n' }, spec };
type Configurations = Parameters<typeof desiredAnswer>[1];
const rows: readonly (readonly [string, Parameters<typeof desiredAnswer>[0], Configurations, string | undefined])[] = [
  ['nothing is said while the feature is enabled', { state: 'enabled' }, [], undefined],
  ['nothing is said while a configuration is held', { state: 'removing' }, [free, held], undefined],
  ['without held configurations it is released', { state: 'removing' }, [free], 'released'],
  ['it is said once', { state: 'removing', operator: 'released' }, [], undefined],
  ['without the ConfigMap there is nobody to tell', undefined, [], undefined],
];

for (const [name, data, configurations, expected] of rows) {
  test(name, () => {
    assert.equal(desiredAnswer(data, configurations), expected);
  });
}
