import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './config.ts';

const env = {
  NODE_NAME: 'gateway-0',
  NODE_ADDRESS: '10.224.0.21',
  KUBERNETES_SERVICE_HOST: '10.96.0.1',
  KUBERNETES_SERVICE_PORT: '443',
};

test('without flags the paths are those of a node', () => {
  assert.deepEqual(parseConfig({ argv: [], env }), {
    logLevel: 'info',
    nodeName: 'gateway-0',
    nodeAddress: '10.224.0.21',
    apiServer: { host: '10.96.0.1', port: 443 },
    healthPort: 9632,
    stateDirectory: '/var/lib/segw',
    runDirectory: '/run/segw',
    tunnelDirectory: '/run/segw/tunnels',
    namespaceDirectory: '/run/netns',
    cpuGroup: '/host/cgroup/cpu',
    wireguard: 'auto',
    metadataUrl: 'http://169.254.169.254',
    maintenanceWaitMs: 300_000,
    idleMs: 60_000,
    drainMs: 2000,
    removeOnExit: false,
  });
});

test('where there is no metadata service, nobody is asked', () => {
  assert.equal(parseConfig({ argv: ['--metadata-url=none'], env }).metadataUrl, undefined);
});

test('flags replace the defaults', () => {
  const argv = ['--health-port=80', '--wireguard', 'kernel', '--drain-seconds', '0.5', '--remove-on-exit'];
  const { healthPort, wireguard, drainMs, removeOnExit } = parseConfig({ argv, env });
  assert.deepEqual(
    { healthPort, wireguard, drainMs, removeOnExit },
    {
      healthPort: 80,
      wireguard: 'kernel',
      drainMs: 500,
      removeOnExit: true,
    },
  );
});

const refused: readonly (readonly [what: string, argv: readonly string[], env: Record<string, string>, message: string])[] = [
  [
    'every problem is named at once',
    ['--log-level', 'loud', '--state-dir', 'var'],
    { ...env, NODE_NAME: '', NODE_ADDRESS: 'fd00::1', KUBERNETES_SERVICE_PORT: '0' },
    '--log-level is none of debug, info, warn, error, silent; --state-dir is not an absolute path; ' +
      'NODE_NAME is missing; NODE_ADDRESS is no IPv4 address; KUBERNETES_SERVICE_PORT is not a port',
  ],
  ['an address that is none', ['--metadata-url', 'metadata'], env, '--metadata-url is neither an http URL nor none'],
  ['a port that is none', ['--health-port', '70000'], env, '--health-port is not a port'],
  ['a flag that is none', ['--verbose'], env, "Unknown option '--verbose'"],
];

for (const [what, argv, variables, message] of refused)
  test(`refused: ${what}`, () => {
    assert.throws(() => parseConfig({ argv, env: variables }), {
      code: 'InvalidInput',
      message: new RegExp(`^the gateway-agent cannot start: ${RegExp.escape(message)}`),
    });
  });
