import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { ResourceManagementClient } from '@azure/arm-resources';
import { runProgram } from '../../../src/cli/program.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

class Collected extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

describe('segw aks against a local region', () => {
  let server: RegionServer;
  let folder: string;
  let env: Record<string, string>;

  before(async () => {
    server = await startRegionServer();
    folder = await mkdtemp(join(tmpdir(), 'segw-aks-'));
    const { credential, subscriptionId, clientOptions, endpoint, region } = server;
    const { authorityFile, tenantId, clientId, clientSecret } = region.credentials;
    env = {
      HOME: folder,
      SEGW_STATE_DIR: join(folder, 'state'),
      SEGW_ARM_ENDPOINT: endpoint,
      SEGW_CA_FILE: authorityFile,
      AZURE_AUTHORITY_HOST: endpoint,
      AZURE_SUBSCRIPTION_ID: subscriptionId,
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: clientId,
      AZURE_CLIENT_SECRET: clientSecret.reveal(),
    };
    await new ResourceManagementClient(credential, subscriptionId, clientOptions).resourceGroups.createOrUpdate('rg', {
      location: 'westus',
    });
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function segw(line: string, variables: Record<string, string> = env): Promise<Outcome> {
    const stdout = new Collected();
    const stderr = new Collected();
    const signal = new AbortController().signal;
    const become = async (): Promise<never> => assert.fail('no command here becomes another program');
    const host = { stdout, stderr, env: variables, userId: 0, root: folder, signal, become };
    const exitCode = await runProgram(line.split(' '), host);
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  async function succeed(line: string): Promise<string> {
    const outcome = await segw(line);
    assert.equal(outcome.exitCode, 0, outcome.stderr);
    return outcome.stdout;
  }

  test('create makes a cluster of the group’s location and prints it', async () => {
    const table = await succeed('aks create -g rg -n c1 --node-count 1 --enable-static-egress-gateway --tags team=net');
    assert.match(table, /^NAME +RESOURCE GROUP +LOCATION/);
    assert.match(table, /^c1 +rg +westus +1\.34\.\d+ +Succeeded +enabled +nodepool1\(1\)$/m);
  });

  test('a second create is refused with the way out', async () => {
    const { exitCode, stderr } = await segw('aks create -g rg -n c1');
    assert.equal(exitCode, 1);
    assert.match(stderr, /already exists\.\n.*segw aks update -g rg -n c1/);
  });

  test('nodepool add --mode gateway makes a gateway pool', async () => {
    const line =
      'aks nodepool add -g rg --cluster-name c1 --nodepool-name gw --mode gateway -c 2 --gateway-prefix-size 30 -o json';
    const { mode, count, gatewayProfile } = JSON.parse(await succeed(line));
    assert.deepEqual([mode, count, gatewayProfile], ['Gateway', 2, { publicIPPrefixSize: 30 }]);
  });

  test('a refusal of the service is shown with its code and what to do', async () => {
    const { exitCode, stderr } = await segw('aks nodepool scale -g rg --cluster-name c1 -n gw -c 5');
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /\(StaticEgressGatewayInvalidGatewayNodeCount\) Gateway agentpool gw is configured with invalid node count 5/,
    );
    assert.match(stderr, /Give --node-count 2 or more/);
  });

  test('a cluster becomes Network Contributor in the subnet that it is given', async () => {
    const group = `/subscriptions/${server.subscriptionId}/resourceGroups/rg`;
    const network = `${group}/providers/Microsoft.Network/virtualNetworks/own`;
    await server.call('PUT', network, {
      location: 'westus',
      properties: {
        addressSpace: { addressPrefixes: ['10.96.0.0/16'] },
        subnets: [{ name: 'nodes', properties: { addressPrefix: '10.96.0.0/24' } }],
      },
    });
    const subnet = `${network}/subnets/nodes`;
    await succeed(`aks create -g rg -n c2 -c 1 --vnet-subnet-id ${subnet}`);
    const { body } = await server.call('GET', `${subnet}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()`);
    assert.match(JSON.stringify(body), /4d97b98b-1d4f-4787-a291-c67834d212e7","principalId":"[0-9a-f-]{36}".*subnets\/nodes"/);
    await succeed('aks delete -g rg -n c2 --yes');
  });

  test('nodepool scale, update, list and show', async () => {
    await succeed('aks nodepool scale -g rg --cluster-name c1 -n gw -c 3');
    await succeed('aks nodepool update -g rg --cluster-name c1 -n gw --labels disk=fast --tags a=b');
    assert.match(await succeed('aks nodepool list -g rg --cluster-name c1'), /^gw +Gateway +3 +\/30 +Standard_D2s_v5 +Linux/m);
    const { nodeLabels, tags } = JSON.parse(await succeed('aks nodepool show -g rg --cluster-name c1 -n gw -o json'));
    assert.deepEqual([nodeLabels, tags], [{ disk: 'fast' }, { a: 'b' }]);
  });

  const wrongUsages: readonly (readonly [string, RegExp])[] = [
    ['aks nodepool scale --cluster-name c1 -n gw -c 3', /required option '-g, --resource-group <group>' not specified/],
    ['aks nodepool add -g rg --cluster-name c1 -n x --mode gateway --gateway-prefix-size 27', /must be in the range \[28, 31\]/],
    ['aks nodepool add -g rg --cluster-name c1 -n x --gateway-prefix-size 30', /can only be set for Gateway-mode nodepools/],
    ['aks nodepool add -g rg --cluster-name c1 -n x --mode big', /Allowed: system, user, gateway/],
    ['aks nodepool add -g rg --cluster-name c1 -n x -c many', /whole number/],
    ['aks nodepool show -g rg --cluster-name c1', /required option '-n, --name <pool>' not specified/],
    ['aks update -g rg -n c1', /nothing to change is given/],
    ['aks update -g rg -n c1 --enable-static-egress-gateway --disable-static-egress-gateway', /cannot be used with option/],
    ['aks delete -g rg -n c1', /Repeat the command with --yes/],
  ];
  for (const [line, message] of wrongUsages)
    test(`wrong usage: segw ${line}`, async () => {
      const { exitCode, stdout, stderr } = await segw(line);
      assert.equal(exitCode, 2);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    });

  test('disabling beside a gateway pool says what to delete; without one it works', async () => {
    const { exitCode, stderr } = await segw('aks update -g rg -n c1 --disable-static-egress-gateway');
    assert.equal(exitCode, 1);
    assert.match(stderr, /gateway agentpools: gw\b/);
    await succeed('aks nodepool delete -g rg --cluster-name c1 -n gw');
    assert.match(await succeed('aks update -g rg -n c1 --disable-static-egress-gateway'), / disabled /);
  });

  test('get-credentials prints, writes and merges kubeconfigs', async () => {
    assert.match(await succeed('aks get-credentials -g rg -n c1 -f -'), /server: https:\/\/127\.0\.0\.1:17002/);
    await succeed('aks get-credentials -g rg -n c1');
    await succeed('aks get-credentials -g rg -n c1');
    const written = await readFile(join(folder, '.kube/config'), 'utf8');
    assert.equal(written.match(/name: c1$/gm)?.length, 1);
  });

  test('without the variables the files of the installation lead to its region', async () => {
    const stateDir = join(folder, 'other');
    await mkdir(join(stateDir, 'region'), { recursive: true });
    const { tenantId, clientId, clientSecret, authorityFile, subscriptionId } = server.region.credentials;
    const { endpoint } = server;
    const content = { armEndpoint: endpoint, authorityHost: endpoint, caFile: authorityFile, subscriptionId, tenantId, clientId };
    await writeFile(
      join(stateDir, 'region/credentials.json'),
      JSON.stringify({ ...content, clientSecret: clientSecret.reveal() }),
    );
    const { exitCode, stdout, stderr } = await segw('aks list', { HOME: folder, SEGW_STATE_DIR: stateDir });
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /^c1 /m);
  });

  test('without a region and a subscription the way to both is shown', async () => {
    const { exitCode, stderr } = await segw('aks list', { HOME: folder, SEGW_STATE_DIR: join(folder, 'none') });
    assert.equal(exitCode, 2);
    assert.match(stderr, /no local region.*\n.*segw up.*--subscription/);
  });

  test('half of the variables is an error that names the others', async () => {
    const { AZURE_CLIENT_SECRET: _left, ...rest } = env;
    const { exitCode, stderr } = await segw('aks list', rest);
    assert.equal(exitCode, 2);
    assert.match(stderr, /SEGW_ARM_ENDPOINT is set, but not AZURE_CLIENT_SECRET/);
  });

  test('a wrong secret is a sign-in error', async () => {
    const { exitCode, stderr } = await segw('aks list', { ...env, AZURE_CLIENT_SECRET: 'wrong' });
    assert.equal(exitCode, 1);
    assert.match(stderr, /\[AzureSignInFailed\]/);
    assert.doesNotMatch(stderr, /wrong\b.*secret/);
  });

  test('a region that does not answer is said to be unreachable', async () => {
    const endpoint = 'https://127.0.0.1:1';
    const { exitCode, stderr } = await segw('aks list', { ...env, SEGW_ARM_ENDPOINT: endpoint, AZURE_AUTHORITY_HOST: endpoint });
    assert.equal(exitCode, 1);
    assert.match(stderr, /\[AzureUnreachable\]/);
  });

  test('delete --yes takes the cluster away', async () => {
    await succeed('aks delete -g rg -n c1 --yes');
    assert.equal((await succeed('aks list -o json')).trim(), '[]');
    const { exitCode, stderr } = await segw('aks show -g rg -n c1');
    assert.equal(exitCode, 1);
    assert.match(stderr, /\(ResourceNotFound\)/);
  });
});
