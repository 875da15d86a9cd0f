import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { run, type ShimHost } from './shim.ts';

const annotated = {
  cniVersion: '1.0.0',
  runtimeConfig: { 'io.kubernetes.cri.pod-annotations': { 'kubernetes.azure.com/static-gateway-configuration': 'web' } },
  prevResult: { cniVersion: '1.0.0', ips: [] },
};
const plain = { ...annotated, runtimeConfig: { 'io.kubernetes.cri.pod-annotations': { other: '1' } } };

interface FakeHost extends ShimHost {
  readonly requests: string[];
}

function host(
  command: string,
  input: unknown,
  answer: (line: string) => string = () => assert.fail('nobody is to be asked'),
): FakeHost {
  const requests: string[] = [];
  const environment: Readonly<Record<string, string>> = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: 'c1',
    CNI_NETNS: '/run/netns/x',
    CNI_IFNAME: 'eth0',
    CNI_ARGS: 'K8S_POD_NAME=web;K8S_POD_NAMESPACE=team',
  };
  return {
    requests,
    environment: (name) => environment[name],
    readInput: () => (typeof input === 'string' ? input : JSON.stringify(input)),
    request: (_socket, line) => {
      requests.push(line);
      return answer(line);
    },
  };
}

function dead(): string {
  throw new Error('connect: No such file or directory');
}

test('ADD without our annotation prints prevResult and asks nobody', () => {
  const outcome = run(host('ADD', plain));
  assert.equal(outcome.exitCode, 0);
  assert.deepEqual(JSON.parse(outcome.output), plain.prevResult);
});

test('ADD with it prints what the agent answers', () => {
  const asked = host('ADD', annotated, () => '{"result":{"ips":[1]}}\n');
  assert.deepEqual(run(asked), { output: '{"ips":[1]}\n', exitCode: 0 });
  assert.deepEqual(JSON.parse(asked.requests[0] ?? ''), {
    command: 'ADD',
    containerId: 'c1',
    netns: '/run/netns/x',
    ifname: 'eth0',
    args: { K8S_POD_NAME: 'web', K8S_POD_NAMESPACE: 'team' },
    config: annotated,
  });
});

test('ADD fails with the error of the agent', () => {
  const outcome = run(host('ADD', annotated, () => '{"error":{"code":11,"msg":"m","details":"d"}}\n'));
  assert.equal(outcome.exitCode, 1);
  assert.deepEqual(JSON.parse(outcome.output), { cniVersion: '1.0.0', code: 11, msg: 'm', details: 'd' });
});

for (const [title, answer] of [
  ['nobody listens', dead],
  ['it ends without an answer', () => ''],
  ['the answer is nonsense', () => 'nonsense\n'],
  ['the answer is neither', () => '{}\n'],
] as const) {
  test(`ADD with the annotation fails, DEL succeeds: ${title}`, () => {
    const outcome = run(host('ADD', annotated, answer));
    assert.equal(outcome.exitCode, 1);
    assert.match(outcome.output, /"code":11,"msg":"the pod wants a static egress gateway/);
    assert.deepEqual(run(host('DEL', annotated, answer)), { output: '', exitCode: 0 });
  });
}

test('the annotation counts even when its value is empty: the agent says what is wrong', () => {
  const input = {
    runtimeConfig: { 'io.kubernetes.cri.pod-annotations': { 'kubernetes.azure.com/static-gateway-configuration': '' } },
  };
  assert.equal(run(host('ADD', input, dead)).exitCode, 1);
});

test('DEL and CHECK without the annotation, STATUS and GC print nothing and succeed', () => {
  for (const command of ['DEL', 'CHECK', 'STATUS', 'GC'])
    assert.deepEqual(run(host(command, plain)), { output: '', exitCode: 0 });
});

test('VERSION answers in the version of whoever asks', () => {
  assert.match(
    run(host('VERSION', { cniVersion: '0.4.0' })).output,
    /^{"cniVersion":"0.4.0","supportedVersions":\["0.3.0",.*"1.1.0"\]}\n$/,
  );
});

test('an unknown command is an error', () => {
  const { output, exitCode } = run(host('UP', plain));
  assert.equal(exitCode, 1);
  assert.match(output, /"code":4,"msg":"CNI_COMMAND is \\"UP\\""/);
});

test('whatever comes on standard input, the answer is JSON, or nothing, and never an exception', () => {
  const inputs = fc.oneof(
    fc.string(),
    fc.json(),
    fc.nat(300).map((depth) => '['.repeat(depth)),
  );
  const commands = fc.constantFrom('ADD', 'DEL', 'CHECK', 'VERSION');
  fc.assert(
    fc.property(commands, inputs, (command, input) => {
      const { output, exitCode } = run(host(command, input, dead));
      if (output !== '') JSON.parse(output);
      if (command === 'DEL') assert.deepEqual({ output, exitCode }, { output: '', exitCode: 0 });
      assert.ok(exitCode === 0 || exitCode === 1);
    }),
  );
});
