import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelChange } from '../dataplane/kernel-change.ts';
import { defaultSettings } from '../dataplane/settings.ts';
import { concernsGateway } from './kernel-change.ts';

const cases: readonly (readonly [namespace: string, kind: KernelChange['kind'], subject: string, concerns: boolean])[] = [
  ['host', 'nftables', 'segw', true],
  ['host', 'nftables', 'kube-proxy', false],
  ['host', 'link', 'gwv', true],
  ['host', 'address', '10.224.0.121', true],
  ['host', 'route', '254', true],
  ['host', 'route', '7003', false],
  ['host', 'rule', '7003', false],
  ['host', 'lost', '', true],
  ['segw', 'nftables', 'other', true],
  ['segw', 'rule', '100', true],
];

for (const [namespace, kind, subject, concerns] of cases)
  test(`${kind} ${subject} in ${namespace} ${concerns ? 'concerns' : 'does not concern'} the gateway`, () => {
    assert.equal(concernsGateway(namespace, { kind, subject, isRemoval: false }, defaultSettings), concerns);
  });
