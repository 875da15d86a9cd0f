import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCommandLine } from '../../support/command-line.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

let server: RegionServer;

before(async () => {
  server = await startRegionServer();
  const { tenantId, clientId, clientSecret, authorityFile } = server.region.credentials;
  const credentials = {
    armEndpoint: server.endpoint,
    authorityHost: server.endpoint,
    caFile: authorityFile,
    subscriptionId: server.subscriptionId,
    tenantId,
    clientId,
    clientSecret: clientSecret.reveal(),
  };
  await writeFile(join(server.stateDir, 'region/credentials.json'), JSON.stringify(credentials));
});
after(async () => {
  await server.close();
});

async function segw(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommandLine(argv, { env: { SEGW_STATE_DIR: server.stateDir } });
  assert.equal(code, 0, stderr);
  return stdout;
}

test('a fault is added with its flags, listed, strikes, and is cleared', async () => {
  const added = await segw(
    'fault',
    'add',
    'fail',
    '--type',
    'resourceGroups',
    '--status',
    '503',
    '--code',
    'Busy',
    '--count',
    'all',
  );
  assert.match(
    added,
    /^ID\s+KIND\s+WHAT\s+HITS\s+LEFT\n1\s+fail\s+type=resourceGroups verb=any status=503 code=Busy .*\s0\s+all\n$/,
  );
  const path = `/subscriptions/${server.subscriptionId}/resourceGroups`;
  assert.equal((await server.call('GET', path)).status, 503);
  const [listed] = JSON.parse(await segw('fault', 'list', '-o', 'json'));
  assert.deepEqual([listed.id, listed.kind, listed.hits, listed.left], [1, 'fail', 1, 'all']);
  await segw('fault', 'clear', '1');
  assert.equal((await server.call('GET', path)).status, 200);
});

test('arguments are read as what they are', async () => {
  await segw('fault', 'add', 'delay', '5', '--count', '3', '--verb', 'delete');
  await segw('fault', 'add', 'loss', '2.5%', 'any', 'internet');
  const faults: readonly Record<string, unknown>[] = JSON.parse(await segw('fault', 'list', '-o', 'json'));
  assert.deepEqual(
    faults.map(({ kind, durationMs, left, percent, to }) => ({ kind, durationMs, left, percent, to })),
    [
      { kind: 'delay', durationMs: 5, left: 3, percent: undefined, to: undefined },
      { kind: 'loss', durationMs: undefined, left: undefined, percent: 2.5, to: 'internet' },
    ],
  );
  await segw('fault', 'clear');
  assert.equal(await segw('fault', 'list', '-o', 'json'), '[]\n');
});

test('a fault for something that does not exist is refused with what does', async () => {
  const { code, stderr } = await runCommandLine(['fault', 'add', 'power-off', 'nobody'], {
    env: { SEGW_STATE_DIR: server.stateDir },
  });
  assert.equal(code, 1);
  assert.match(stderr, /The region has no instance 'nobody'; there is none\.\n.*\[NotFound\]/);
});

test('the log shows requests with caller, outcome and id, newest last, and finds one by its id', async () => {
  const path = `/subscriptions/${server.subscriptionId}/resourceGroups/none`;
  const { headers } = await server.call('GET', path);
  const id = headers.get('x-ms-request-id') ?? '';
  const table = await segw('region', 'log', '--failed', '--limit', '1');
  assert.match(table, new RegExp(`GET +404 ResourceGroupNotFound +[\\d.]+ +segw +${id} +${path}\\n$`));
  const found: readonly { requestId: string }[] = JSON.parse(await segw('region', 'log', '--request-id', id, '-o', 'json'));
  assert.deepEqual(
    found.map(({ requestId }) => requestId),
    [id],
  );
});
