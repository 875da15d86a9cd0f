import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostNetworkPods, hostNetworkTagProblem } from './host-network-tag.ts';

test('without the tag such pods are refused; with it they may be let in with a warning', () => {
  assert.equal(hostNetworkPods(undefined), 'refuse');
  assert.equal(hostNetworkPods({ other: 'warn' }), 'refuse');
  assert.equal(hostNetworkPods({ 'segw-host-network-pods': 'warn' }), 'warn');
});

test('any other value is refused, with the allowed ones', () => {
  assert.equal(hostNetworkTagProblem({ 'segw-host-network-pods': 'warn' }), undefined);
  assert.deepEqual(hostNetworkTagProblem({ 'segw-host-network-pods': 'allow' }), {
    code: 'InvalidParameter',
    message: "The tag segw-host-network-pods is 'allow'; allowed: refuse, warn.",
    target: 'tags.segw-host-network-pods',
  });
});
