import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './config.ts';

const env = {
  NODE_NAME: 'n1',
  NODE_ADDRESS: '10.224.0.11',
  POD_NAME: 'p1',
  KUBERNETES_SERVICE_HOST: '10.96.0.1',
  KUBERNETES_SERVICE_PORT: '443',
};

test('defaults are the paths of a node', () => {
  assert.deepEqual(parseConfig({ argv: [], env }), {
    nodeName: 'n1',
    nodeAddress: '10.224.0.11',
    podName: 'p1',
    apiServer: { host: '10.96.0.1', port: 443 },
    stateDirectory: '/var/lib/segw',
    tunnelDirectory: '/run/segw/tunnels',
    cniSocket: '/run/segw/cni.sock',
    plugin: '/usr/local/lib/segw/cni/static-egress-gateway',
    cniBinDirectory: '/opt/cni/bin',
    cniConfigurationDirectory: '/etc/cni/net.d',
    healthPort: 9631,
    cpuGroup: '/host/cgroup/cpu',
    addLimitMs: 20_000,
    networks: {},
    spread: 'perPod',
    logLevel: 'info',
  });
});

test('networks are lists', () => {
  const { networks } = parseConfig({ argv: ['--pod-cidrs', '10.1.0.0/16, 10.2.0.1/16'], env });
  assert.deepEqual(networks, {
    pods: [
      { address: '10.1.0.0', prefixLength: 16 },
      { address: '10.2.0.0', prefixLength: 16 },
    ],
  });
});

test('every problem is named at once', () => {
  const argv = ['--health-port', 'x', '--log-level', 'loud', '--service-cidrs', '10.0.0.0/99'];
  assert.throws(() => parseConfig({ argv, env: { ...env, NODE_NAME: '', NODE_ADDRESS: 'here' } }), {
    code: 'InvalidInput',
    message:
      'worker-agent: NODE_ADDRESS: "here" is not an IPv4 address; --log-level: "loud" is none of debug, info, warn, error, silent; NODE_NAME is not set; --health-port: "x" is not a number; --service-cidrs: "10.0.0.0/99" is not an IPv4 network; expected the form 10.0.0.0/8',
  });
  assert.throws(() => parseConfig({ argv: ['--unknown'], env }), { code: 'InvalidInput' });
});
