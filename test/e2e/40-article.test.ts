import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import { z } from 'zod';
import { cidrContains, parseCidr } from '../../src/base/addresses.ts';
import { readFolder } from '../../src/base/files.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { regionEnvironment } from '../../src/cli/region-environment.ts';
import { articleCommands as article, fillIn } from '../support/article.ts';
import { azureClients } from '../support/azure.ts';
import { settings } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { repositoryDir } from '../support/paths.ts';

/** The commands of the article, by the real az, as they are printed there. */

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

let folder = '';
let namespacesBefore: readonly string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-article-'));
  await writeFile(join(folder, 'az'), `#!/bin/sh\nexec '${repositoryDir}/segw' az "$@"\n`, { mode: 0o755 });
  // The cluster of the files before: six nodes are what the inotify instances of a stock kernel (128) are enough for.
  await type('az aks delete --name segw --resource-group segw --yes');
  namespacesBefore = await namespaces();
});

after(async () => {
  await type('az group delete --name article --yes --no-wait'); // after a failure
  await rm(folder, { recursive: true });
  assert.equal((await readInternetCounters()).untranslated, 0);
});

/** What a user types into a shell of his, after `eval "$(./segw env)"`. The cluster of the article is kubectl's. */
async function type(line: string, input = ''): Promise<Outcome> {
  const env = await regionEnvironment(settings, `${folder}:${process.env['PATH'] ?? ''}`);
  const { stdout, stderr, exitCode } = await execa('sh', ['-c', line], {
    env: { ...env, KUBECONFIG: join(folder, 'kubeconfig') },
    input,
    reject: false,
  });
  return { stdout, stderr, exitCode };
}

async function succeed(line: string, input = ''): Promise<string> {
  const { stdout, stderr, exitCode } = await type(line, input);
  assert.equal(exitCode, 0, `${line}: ${stderr}`);
  return stdout;
}

async function json(line: string): Promise<unknown> {
  return JSON.parse(await succeed(line));
}

/** The names of the Ready nodes of a pool. */
async function readyNodes(pool: string): Promise<readonly string[]> {
  const selector = `--selector kubernetes.azure.com/agentpool=${pool}`;
  await succeed(`kubectl wait node ${selector} --for=condition=Ready --timeout=60s`);
  const names = await succeed(`kubectl get nodes ${selector} --output jsonpath='{.items[*].metadata.name}'`);
  return names.split(' ');
}

/** Instances of a pool's scale set whose machine runs, by the compute API. */
async function runningInstances(pool: string): Promise<readonly string[]> {
  const { compute } = await azureClients();
  const group = 'MC_article_article_local';
  const running: string[] = [];
  for await (const set of compute.virtualMachineScaleSets.list(group)) {
    if (set.tags?.['aks-managed-poolName'] !== pool) continue;
    for await (const { instanceId = '' } of compute.virtualMachineScaleSetVMs.list(group, set.name ?? '')) {
      const { statuses = [] } = await compute.virtualMachineScaleSetVMs.getInstanceView(group, set.name ?? '', instanceId);
      if (statuses.some(({ code }) => code === 'PowerState/running')) running.push(instanceId);
    }
  }
  return running;
}

/** Machines and networks of the region: each has a network namespace. */
async function namespaces(): Promise<readonly string[]> {
  return readFolder(join(settings.stateDir, 'netns'));
}

/** Rows of a table that az prints, without head and rule. */
function rowsOf(table: string): readonly (readonly string[])[] {
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.trim().split(/\s{2,}/));
}

test('the extension is added and updated, and says that it adds nothing', async () => {
  await succeed(article.addExtension);
  assert.equal(await succeed(article.updateExtension), '');
  const [extension] = z.array(z.object({ name: z.string() })).parse(await json('az extension list'));
  assert.equal(extension?.name, 'aks-preview');
});

test('the feature is Registering, and after a while Registered; until then a cluster with it is refused', async () => {
  const state = z.object({ name: z.string(), properties: z.object({ state: z.string() }) });
  await succeed('az feature unregister --namespace Microsoft.ContainerService --name StaticEgressGatewayPreview');
  await succeed('az group create --name article --location local');
  const { stdout, stderr } = await type(article.registerFeature);
  assert.deepEqual(state.parse(JSON.parse(stdout)), {
    name: 'Microsoft.ContainerService/StaticEgressGatewayPreview',
    properties: { state: 'Registering' },
  });
  assert.match(stderr, /az provider register -n Microsoft\.ContainerService/);
  const early = await type(fillIn(article.createCluster));
  assert.equal(early.exitCode, 1);
  assert.match(early.stderr, /^ERROR: \(PreviewFeatureNotRegistered\) /);
  await pollUntil(
    'the feature is Registered',
    async (note) => {
      const shown = state.parse(await json(article.showFeature)).properties.state;
      note(shown);
      return shown === 'Registered' ? true : undefined;
    },
    { timeoutMs: 90_000, intervalMs: 1000 },
  );
  assert.deepEqual(rowsOf(await succeed(`${article.showFeature} --output table`)), [
    ['Microsoft.ContainerService/StaticEgressGatewayPreview', 'Registered'],
  ]);
  assert.equal(await succeed(article.registerProvider), '');
});

test('a cluster without node count has three nodes, and the feature is on', async () => {
  const cluster = z.object({
    provisioningState: z.literal('Succeeded'),
    agentPoolProfiles: z.tuple([z.object({ name: z.literal('nodepool1'), count: z.literal(3), mode: z.literal('System') })]),
    networkProfile: z.object({ staticEgressGatewayProfile: z.object({ enabled: z.literal(true) }) }),
  });
  cluster.parse(await json(fillIn(article.createCluster)));
  await succeed(fillIn('az aks get-credentials -n <cluster-name> -g <resource-group>'));
  assert.equal((await readyNodes('nodepool1')).length, 3);
  assert.equal((await runningInstances('nodepool1')).length, 3);
  await succeed('kubectl get staticgatewayconfigurations --all-namespaces');
  const again = await type(fillIn(article.createCluster));
  assert.match(again.stderr, /^ERROR: The cluster 'article' under resource group 'article' already exists\./);
});

test('a gateway pool is added: its nodes are there, tainted for everybody else', async () => {
  const pool = z.object({
    mode: z.literal('Gateway'),
    count: z.literal(2),
    gatewayProfile: z.object({ publicIpPrefixSize: z.literal(30) }),
    provisioningState: z.literal('Succeeded'),
  });
  pool.parse(await json(fillIn(article.addPool)));
  const nodes = await readyNodes('gwpool');
  assert.equal(nodes.length, 2);
  const taints = await succeed(`kubectl get node ${nodes.join(' ')} --output jsonpath='{.items[*].spec.taints[*].effect}'`);
  assert.match(taints, /^(?:NoSchedule ?){2,}$/);
  assert.equal((await runningInstances('gwpool')).length, 2);
  const rows = rowsOf(
    await succeed(fillIn('az aks nodepool list --cluster-name <cluster-name> -g <resource-group> --output table')),
  );
  assert.deepEqual(
    rows.map((row) => [row[0], row[4], row[6], row[7]]),
    [
      ['gwpool', '2', 'Succeeded', 'Gateway'],
      ['nodepool1', '3', 'Succeeded', 'System'],
    ],
  );
});

for (const [what, flags, message] of [
  [
    'the default node count does not fit /31',
    '--gateway-prefix-size 31',
    /\(StaticEgressGatewayInvalidGatewayNodeCount\).* 3.*\/31/,
  ],
  [
    '--vm-size, which the article names, is no option of az',
    '--node-count 2 --vm-size Standard_D2s_v5',
    /--vm-sizes can only be/,
  ],
  ['a prefix may not be larger than /28', '--node-count 2 --gateway-prefix-size 27', /must be in the range \[28, 31\]/],
] as const) {
  test(`${what}: refused, and nothing is made`, async () => {
    const add = `az aks nodepool add --cluster-name <cluster-name> --name other -g <resource-group> --mode gateway ${flags}`;
    const { stderr, exitCode } = await type(fillIn(add));
    assert.equal(exitCode, 1);
    assert.match(stderr, message);
    assert.deepEqual(await runningInstances('other'), []);
  });
}

test('as printed, scaling lacks the resource group, and az says so; with it the pool has three nodes, but never five', async () => {
  const { stderr, exitCode } = await type(fillIn(article.scalePool));
  assert.equal(exitCode, 2);
  assert.match(stderr, /^ERROR: the following arguments are required: --resource-group\/-g/);
  const pool = z.object({ count: z.literal(3), provisioningState: z.literal('Succeeded') });
  pool.parse(await json(fillIn(`${article.scalePool} -g <resource-group>`)));
  assert.equal((await readyNodes('gwpool')).length, 3);
  assert.equal((await runningInstances('gwpool')).length, 3);
  const tooMany = await type(fillIn(`${article.scalePool} -g <resource-group>`).replace('--node-count 3', '--node-count 5'));
  assert.match(tooMany.stderr, /^ERROR: \(StaticEgressGatewayInvalidGatewayNodeCount\) .* 5, exceeding max node count 4/);
});

let prefix = parseCidr('0.0.0.0/0', 'prefix');

test('the configuration gets a prefix, which describe shows', async () => {
  await succeed('kubectl create namespace web');
  await succeed('kubectl apply --filename -', configuration);
  await succeed('kubectl wait sgc/fixed -n web --for=condition=Ready --timeout=60s');
  const described = await succeed(fillIn(article.describe));
  const shown = /Egress Ip Prefix:\s+(?<prefix>\S+)/.exec(described)?.groups?.['prefix'] ?? '';
  prefix = parseCidr(shown, 'Egress Ip Prefix');
  assert.match(shown, /\/30$/);
  const prefixes = z.array(z.object({ ipPrefix: z.string(), provisioningState: z.string() }));
  assert.deepEqual(prefixes.parse(await json('az network public-ip prefix list --resource-group MC_article_article_local')), [
    { ipPrefix: shown, provisioningState: 'Succeeded' },
  ]);
});

test('the annotated pods of a deployment leave with an address of it, others do not', async () => {
  await succeed('kubectl apply --filename -', deployment);
  await succeed('kubectl rollout status deployment/client -n web --timeout=60s');
  const ask = 'curl --silent --max-time 5 http://ifconfig.me/';
  for (const pod of (await succeed("kubectl get pods -n web --output jsonpath='{.items[*].metadata.name}'")).split(' ')) {
    const address = await succeed(`kubectl exec -n web ${pod} -- ${ask}`);
    assert.ok(cidrContains(prefix, address), `${address} is in the prefix`);
  }
});

const configuration = `apiVersion: egressgateway.kubernetes.azure.com/v1alpha1
kind: StaticGatewayConfiguration
metadata:
  name: fixed
  namespace: web
spec:
  gatewayNodepoolName: gwpool
  excludeCidrs:  # Optional
  - 10.0.0.0/8
  - 172.16.0.0/12
  - 169.254.169.254/32
`;

/** The article's manifest, completed to a deployment that can be applied. */
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: client
  namespace: web
spec:
  replicas: 3
  selector: { matchLabels: { app: client } }
  template:
    metadata:
      labels: { app: client }
      annotations:
        kubernetes.azure.com/static-gateway-configuration: fixed
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - { name: tools, image: "segw.local/tools:latest", imagePullPolicy: Never, command: [sleep, infinity] }
`;

test('a prefix of the user is used as soon as the identity of the cluster may join it', async () => {
  const show = 'az network public-ip prefix show --resource-group article --name own --output tsv --query';
  await succeed('az network public-ip prefix create --resource-group article --name own --length 30');
  const id = (await succeed(`${show} id`)).trim();
  await succeed(
    'kubectl apply --filename -',
    configuration.replace('name: fixed', 'name: own').replace('spec:', `spec:\n  publicIpPrefixId: ${id}`),
  );
  await succeed(
    'kubectl wait sgc/own -n web --for=jsonpath=\'{.status.conditions[?(@.type=="Ready")].status}\'=False --timeout=60s',
  );
  assert.match(
    await succeed('kubectl describe sgc own -n web'),
    /AuthorizationFailed: .*'Microsoft\.Network\/publicIPPrefixes\/read'/,
  );
  const identity = (
    await succeed(fillIn('az aks show -n <cluster-name> -g <resource-group> --query identity.principalId --output tsv'))
  ).trim();
  await succeed(`az role assignment create --role "Network Contributor" --assignee ${identity} --scope ${id}`);
  await succeed('kubectl wait sgc/own -n web --for=condition=Ready --timeout=120s');
  const address = (await succeed(`${show} ipPrefix`)).trim();
  assert.match(await succeed('kubectl describe sgc own -n web'), new RegExp(`Egress Ip Prefix: +${address}`));
});

test('deleting the pool is refused while a configuration uses it; as printed it lacks the resource group', async () => {
  assert.match(
    (await type(fillIn(article.deletePool))).stderr,
    /^ERROR: the following arguments are required: --resource-group\/-g/,
  );
  const { stderr, exitCode } = await type(fillIn(`${article.deletePool} -g <resource-group>`));
  assert.equal(exitCode, 1);
  assert.match(stderr, /web\/fixed/);
  assert.match(stderr, /web\/own/);
  assert.equal((await runningInstances('gwpool')).length, 3);
});

test('without configurations it goes, and its machines and addresses with it', async () => {
  await succeed('kubectl delete namespace web --timeout=90s');
  await succeed(fillIn(`${article.deletePool} -g <resource-group>`));
  assert.deepEqual(await runningInstances('gwpool'), []);
  assert.deepEqual(await json('az network public-ip prefix list --resource-group MC_article_article_local'), []);
  assert.equal(await succeed('kubectl get nodes --selector kubernetes.azure.com/agentpool=gwpool --output name'), '');
});

test('the feature is disabled, and its kinds are gone', async () => {
  const cluster = z.object({ networkProfile: z.object({ staticEgressGatewayProfile: z.object({ enabled: z.literal(false) }) }) });
  cluster.parse(await json(fillIn(article.disable)));
  await pollUntil(
    'the kinds are gone',
    async (note) => {
      const kinds = await succeed('kubectl get crd --output name');
      note(kinds);
      return kinds.includes('egressgateway') ? undefined : true;
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
});

test('with the group goes the cluster, and with the cluster its machines', async () => {
  await succeed(fillIn('az group delete --name <resource-group> --yes'));
  assert.equal(await succeed(fillIn('az group exists --name <resource-group>')), 'false');
  assert.equal(await succeed('az group exists --name MC_article_article_local'), 'false');
  assert.deepEqual(await namespaces(), namespacesBefore);
});
