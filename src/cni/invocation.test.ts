import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SegwError } from '../base/error.ts';
import { parseInvocation } from './invocation.ts';

const request = {
  command: 'ADD',
  containerId: 'c1',
  netns: '/run/netns/x',
  ifname: 'eth0',
  args: { IgnoreUnknown: '1', K8S_POD_UID: 'u', K8S_POD_NAME: 'web', K8S_POD_NAMESPACE: 'team' },
  config: { type: 'x', prevResult: { ips: [] }, runtimeConfig: { 'io.kubernetes.cri.pod-annotations': { a: 'b', empty: '' } } },
};

test('a request is read', () => {
  assert.deepEqual(parseInvocation(JSON.stringify(request)), {
    command: 'ADD',
    containerId: 'c1',
    ifname: 'eth0',
    pod: { namespace: 'team', name: 'web', uid: 'u' },
    annotations: { a: 'b', empty: '' },
    prevResult: { ips: [] },
  });
});

test('a late DEL has neither namespace nor result', () => {
  const { prevResult: _prevResult, ...config } = request.config;
  const { prevResult } = parseInvocation(JSON.stringify({ ...request, command: 'DEL', netns: '', config }));
  assert.equal(prevResult, undefined);
});

test('a runtime that does not say which pod it is gets a clear error', () => {
  const { K8S_POD_UID: _uid, ...args } = request.args;
  assert.throws(() => parseInvocation(JSON.stringify({ ...request, args })), /CNI_ARGS has no K8S_POD_UID/);
});

test('whatever comes, the answer is a request or InvalidInput', () => {
  const lines = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ command: fc.constant('ADD'), config: fc.jsonValue() }).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(lines, (line) => {
      try {
        parseInvocation(line);
      } catch (error) {
        assert.ok(error instanceof SegwError && error.code === 'InvalidInput');
      }
    }),
  );
});
