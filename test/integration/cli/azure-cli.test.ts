import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import { clientFiles, writeCaBundle } from '../../../src/cli/region-environment.ts';
import { regionFiles } from '../../../src/cli/region-files.ts';
import { parseSettings } from '../../../src/cli/settings.ts';
import { runCommandLine } from '../../support/command-line.ts';
import { cacheDir, repositoryDir } from '../../support/paths.ts';
import { startRegionServer, type RegionServer } from '../../support/region-server.ts';

let server: RegionServer;
let settings = parseSettings({});
let env: Readonly<Record<string, string>> = {};

before(async () => {
  server = await startRegionServer();
  env = { SEGW_STATE_DIR: server.stateDir, SEGW_CACHE_DIR: cacheDir };
  settings = parseSettings(env);
  await writeCredentials();
  await writeCaBundle(settings);
});

after(async () => {
  await server.close();
});

/** What the daemon would write. */
async function writeCredentials(): Promise<void> {
  const { tenantId, subscriptionId, clientId, clientSecret, authorityFile: caFile } = server.region.credentials;
  const armEndpoint = server.endpoint.replace('localhost', '127.0.0.1');
  const ids = { tenantId, subscriptionId, clientId, clientSecret: clientSecret.reveal() };
  await mkdir(regionFiles(settings).folder, { recursive: true });
  const credentials = { armEndpoint, authorityHost: armEndpoint, caFile, ...ids };
  await writeFile(regionFiles(settings).credentials, JSON.stringify(credentials));
}

/** `./segw az ARGS` */
async function az(...args: readonly string[]) {
  return execa(join(repositoryDir, 'segw'), ['az', ...args], { reject: false, env });
}

/** The same az, on a folder that it fills itself. */
async function ownAz(folder: string, ...args: readonly string[]): Promise<void> {
  const { became } = await runCommandLine(['az', ...args], { env: { ...env, PATH: process.env['PATH'] ?? '' } });
  assert.ok(became);
  await execa(became.file, became.args, { env: { ...became.env, AZURE_CONFIG_DIR: folder, AZURE_CORE_COLLECT_TELEMETRY: 'no' } });
}

/** Sections of an INI file, sorted; the names of az's own are the same in both. */
function sectionsOf(ini: string): readonly string[] {
  return ini.split('\n').filter(Boolean).sort();
}

async function readJson(...path: readonly string[]): Promise<unknown> {
  return JSON.parse((await readFile(join(...path), 'utf8')).replace('\u{FEFF}', ''));
}

test('az is signed in to the region, and its subscription is the default', async () => {
  const { stdout, stderr, exitCode } = await az('account', 'show', '--query', '[environmentName, id, user.type]', '-o', 'tsv');
  assert.equal(stdout, `segw\n${server.subscriptionId}\nservicePrincipal`);
  assert.deepEqual({ stderr, exitCode }, { stderr: '', exitCode: 0 });
});

test('what az is signed in with is what cloud register, cloud set and login leave', async () => {
  const ours = clientFiles(settings).azureConfig;
  const theirs = join(server.stateDir, 'azure-by-az');
  const { clientId, tenantId } = server.region.credentials;
  const secretFile = join(server.stateDir, 'region/client-secret');
  const endpoint = server.endpoint.replace('localhost', '127.0.0.1');
  await ownAz(theirs, 'config', 'set', 'core.instance_discovery=false');
  await ownAz(theirs, 'cloud', 'register', '-n', 'segw', '--endpoint-resource-manager', endpoint);
  await ownAz(theirs, 'cloud', 'set', '-n', 'segw');
  await ownAz(theirs, 'login', '--service-principal', '-u', clientId, '-p', `@${secretFile}`, '--tenant', tenantId);
  await az('group', 'list');
  for (const name of ['azureProfile.json', 'service_principal_entries.json'])
    assert.deepEqual(await readJson(ours, name), await readJson(theirs, name), name);
  const clouds = async (folder: string): Promise<string> => readFile(join(folder, 'clouds.config'), 'utf8');
  assert.deepEqual(sectionsOf(await clouds(ours)), sectionsOf(await clouds(theirs)));
});

test('output, errors and exit codes are those of az', async () => {
  const group = await az('group', 'create', '-n', 'rg', '-l', 'local', '--query', 'name', '-o', 'tsv');
  assert.deepEqual([group.stdout, group.exitCode], ['rg', 0]);
  const missing = await az('group', 'show', '-n', 'nope');
  assert.equal(missing.exitCode, 3);
  assert.match(missing.stderr, /^ERROR: \(ResourceGroupNotFound\) /);
  const misspelt = await az('grup', 'list');
  assert.equal(misspelt.exitCode, 2);
  assert.match(misspelt.stderr, /^ERROR: 'grup' is misspelled/);
});

test('--help, --version and unknown options are for az to answer', async () => {
  assert.match((await az('aks', 'create', '--help')).stdout, /^\nCommand\n {4}az aks create/);
  assert.match((await az('--version')).stdout, /^azure-cli +\d/);
});

test('the secret is on no command line and in no variable', async () => {
  const { became } = await runCommandLine(['az', 'account', 'show'], { env });
  assert.ok(became);
  assert.ok(!JSON.stringify(became).includes(server.region.credentials.clientSecret.reveal()));
});

test('a user who ran segw env works with an az of his own', async () => {
  const { stdout } = await runCommandLine(['env'], { env });
  const exported = Object.fromEntries(
    [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = '', value]) => [name, value]),
  );
  assert.equal(exported['AZURE_CONFIG_DIR'], clientFiles(settings).azureConfig);
  assert.equal(exported['REQUESTS_CA_BUNDLE'], clientFiles(settings).caBundle);
});

test('where the region does not run, az runs all the same, after a word on how to start it', async () => {
  const file = regionFiles(settings).credentials;
  const credentials = await readFile(file, 'utf8');
  await writeFile(file, credentials.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:1'));
  const { code, stderr, became } = await runCommandLine(['az', '--help'], { env });
  await writeFile(file, credentials);
  assert.equal(code, 0);
  assert.equal(stderr, 'segw: the local region does not run. Start it: sudo ./segw up\n');
  assert.ok(became);
});
