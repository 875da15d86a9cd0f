import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePluginList, pluginEnvironment, pluginInput, withoutEgressPlugin } from './plugin-list.ts';

const capability = 'io.kubernetes.cri.pod-annotations';
const list = parsePluginList(
  JSON.stringify({
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      { type: 'ptp', ipam: { type: 'host-local' } },
      { type: 'portmap', capabilities: { portMappings: true } },
      { type: 'static-egress-gateway', capabilities: { [capability]: true } },
    ],
  }),
);
const sandbox = {
  containerId: 'c1',
  netns: 'n1',
  pod: { namespace: 'team', name: 'web', uid: 'u1' },
  annotations: { a: 'b' },
};

test('a plugin gets its own part of the list, the result before it, and annotations only where it asks for them', () => {
  const inputs = list.plugins.map((_plugin, index): unknown => JSON.parse(pluginInput(list, index, sandbox, { ips: [] })));
  const head = { cniVersion: '1.0.0', name: 'pods', prevResult: { ips: [] } };
  assert.deepEqual(inputs, [
    { ...head, type: 'ptp', ipam: { type: 'host-local' } },
    { ...head, type: 'portmap' },
    { ...head, type: 'static-egress-gateway', runtimeConfig: { [capability]: { a: 'b' } } },
  ]);
});

test('the first plugin gets no result', () => {
  assert.ok(!('prevResult' in JSON.parse(pluginInput(list, 0, sandbox, undefined))));
});

test('the base is the list without our plugin', () => {
  assert.deepEqual(
    withoutEgressPlugin(list).plugins.map(({ type }) => type),
    ['ptp', 'portmap'],
  );
});

test('the environment names command, sandbox and pod', () => {
  const { CNI_COMMAND, CNI_NETNS, CNI_ARGS } = pluginEnvironment('DEL', sandbox);
  assert.deepEqual(
    [CNI_COMMAND, CNI_NETNS, CNI_ARGS],
    ['DEL', '/run/netns/n1', 'IgnoreUnknown=1;K8S_POD_NAMESPACE=team;K8S_POD_NAME=web;K8S_POD_UID=u1'],
  );
});
