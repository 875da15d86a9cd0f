import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { exists } from '../../base/files.ts';
import { regionFiles } from '../region-files.ts';
import { parseSettings } from '../settings.ts';
import { ensureSignedIn } from './sign-in.ts';

let settings = parseSettings({});
let azure = '';

beforeEach(async () => {
  settings = parseSettings({ SEGW_STATE_DIR: await mkdtemp(join(tmpdir(), 'segw-sign-in-')) });
  azure = join(settings.stateDir, 'azure');
  await writeCredentials({});
});

afterEach(async () => {
  await rm(settings.stateDir, { recursive: true });
});

async function writeCredentials(changes: Readonly<Record<string, string>>): Promise<void> {
  const endpoint = 'https://127.0.0.1:17000';
  const credentials = {
    armEndpoint: endpoint,
    authorityHost: endpoint,
    caFile: '/ca.pem',
    subscriptionId: 'subscription',
    tenantId: 'tenant',
    clientId: 'client',
    clientSecret: 'first',
    ...changes,
  };
  await mkdir(regionFiles(settings).folder, { recursive: true });
  await writeFile(regionFiles(settings).credentials, JSON.stringify(credentials));
}

async function put(name: string, content: string): Promise<void> {
  await writeFile(join(azure, name), content);
}

async function contentOf(name: string): Promise<string> {
  return readFile(join(azure, name), 'utf8');
}

test('the secret lies in files of one user in a folder of one user', async () => {
  await ensureSignedIn(settings);
  assert.match(await contentOf('service_principal_entries.json'), /"first"/);
  assert.equal((await stat(azure)).mode & 0o777, 0o700);
  assert.equal((await stat(join(azure, 'service_principal_entries.json'))).mode & 0o777, 0o600);
});

test('whoever is signed in stays so: files, tokens and another account are left alone', async () => {
  await ensureSignedIn(settings);
  for (const name of ['msal_token_cache.json', 'azureProfile.json', 'clouds.config']) await put(name, 'mine');
  await ensureSignedIn(settings);
  for (const name of ['msal_token_cache.json', 'azureProfile.json', 'clouds.config']) assert.equal(await contentOf(name), 'mine');
});

for (const [what, changes] of [
  ['another secret', { clientSecret: 'second' }],
  ['another address', { armEndpoint: 'https://127.0.0.1:18000' }],
] as const) {
  test(`${what}: az is signed in again, its tokens go, what the user has set stays`, async () => {
    await ensureSignedIn(settings);
    await put('config', 'mine');
    await put('msal_token_cache.json', 'old');
    await writeCredentials(changes);
    await ensureSignedIn(settings);
    const files = [await contentOf('service_principal_entries.json'), await contentOf('clouds.config')].join('\n');
    for (const value of Object.values(changes)) assert.ok(files.includes(value));
    assert.equal(await exists(join(azure, 'msal_token_cache.json')), false);
    assert.equal(await contentOf('config'), 'mine');
  });
}

test('after az logout the next call is signed in again', async () => {
  await ensureSignedIn(settings);
  await rm(join(azure, 'service_principal_entries.json'));
  await ensureSignedIn(settings);
  assert.match(await contentOf('service_principal_entries.json'), /"first"/);
});

test('without a region there is nothing to sign in to', async () => {
  await rm(regionFiles(settings).folder, { recursive: true });
  await assert.rejects(ensureSignedIn(settings), { code: 'RegionMissing' });
});
