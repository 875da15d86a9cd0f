import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './config.ts';

const env = {
  POD_NAME: 'segw-operator-0',
  KUBERNETES_SERVICE_HOST: '10.0.0.1',
  KUBERNETES_SERVICE_PORT: '443',
  AZURE_SUBSCRIPTION_ID: 's',
  AZURE_TENANT_ID: 't',
  AZURE_CLIENT_ID: 'c',
  AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/token',
  SEGW_RESOURCE_GROUP: 'MC_g_c_westeurope',
};

test('what Azure needs is enough, and the rest has its defaults', () => {
  const config = parseConfig({ argv: [], env });
  assert.deepEqual(config, {
    logLevel: 'info',
    healthPort: 8081,
    byoPrefixes: 'any',
    identity: 'segw-operator-0',
    azure: {
      subscriptionId: 's',
      resourceGroup: 'MC_g_c_westeurope',
      endpoint: 'https://management.azure.com',
      audience: 'https://management.azure.com',
    },
    caFile: undefined,
    workloadIdentity: {
      tenantId: 't',
      clientId: 'c',
      tokenFile: '/var/run/secrets/token',
      authorityHost: 'https://login.microsoftonline.com',
      disableInstanceDiscovery: false,
    },
    apiServer: { host: '10.0.0.1', port: 443 },
  });
});

test('another cloud is a matter of settings', () => {
  const { azure, workloadIdentity, caFile } = parseConfig({
    argv: ['--log-level', 'debug', '--byo-prefixes=tagged'],
    env: {
      ...env,
      AZURE_AUTHORITY_HOST: 'https://login.segw.test',
      SEGW_ARM_ENDPOINT: 'https://management.segw.test/',
      SEGW_ARM_AUDIENCE: 'https://management.azure.com',
      SEGW_CA_FILE: '/etc/segw/ca.crt',
      SEGW_DISABLE_INSTANCE_DISCOVERY: 'true',
    },
  });
  assert.deepEqual([azure.endpoint, azure.audience], ['https://management.segw.test', 'https://management.azure.com']);
  assert.deepEqual(
    [workloadIdentity.authorityHost, workloadIdentity.disableInstanceDiscovery],
    ['https://login.segw.test', true],
  );
  assert.equal(caFile, '/etc/segw/ca.crt');
});

test('every problem is listed at once', () => {
  const wrong = {
    ...env,
    AZURE_TENANT_ID: '',
    POD_NAME: undefined,
    SEGW_ARM_ENDPOINT: 'http://plain',
    SEGW_DISABLE_INSTANCE_DISCOVERY: 'maybe',
  };
  assert.throws(
    () => parseConfig({ argv: ['--health-port', '0'], env: wrong }),
    (error) => {
      assert.ok(error instanceof Error);
      for (const part of [
        '--health-port',
        'POD_NAME is missing',
        'AZURE_TENANT_ID is missing',
        'SEGW_ARM_ENDPOINT is not an https URL',
        'SEGW_DISABLE_INSTANCE_DISCOVERY',
      ])
        assert.ok(error.message.includes(part), `${part} in ${error.message}`);
      return true;
    },
  );
});

test('a flag that does not exist is refused', () => {
  assert.throws(() => parseConfig({ argv: ['--verbose'], env }), /--verbose/);
});
