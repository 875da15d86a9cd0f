import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { cidrContains, parseCidr } from '../../src/base/addresses.ts';
import { kubectl, segw } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';

const demoResult = z.strictObject({
  ok: z.literal(true),
  clusterVersion: z.string().regex(/^1\.34\.\d+$/),
  egressIpPrefix: z.string().regex(/\/31$/),
  addressWithout: z.string().regex(/^198\.51\.100\.\d+$/),
  addressWith: z.string(),
  addressAfterFailover: z.string(),
  failoverSilenceMs: z.number().positive(),
  seconds: z.number().positive(),
});

for (const time of ['first', 'second']) {
  test(`the ${time} demo shows two addresses of the prefix, and leaves every node Ready`, async () => {
    const lines = (await segw('demo', '--output', 'json')).trim().split('\n');
    const result = demoResult.parse(JSON.parse(lines.at(-1) ?? ''));
    const prefix = parseCidr(result.egressIpPrefix, 'egressIpPrefix');
    assert.ok(cidrContains(prefix, result.addressWith));
    assert.ok(cidrContains(prefix, result.addressAfterFailover));
    assert.notEqual(result.addressWith, result.addressAfterFailover);
    await kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=1s');
    assert.equal((await readInternetCounters()).untranslated, 0);
  });
}

test('the doctor finds nothing wrong', async () => {
  await segw('doctor');
});

test('the five kinds show their state in columns', async () => {
  const table = await kubectl('get', 'nodes,sgc,gwvm,gws,egw,podep', '--all-namespaces');
  for (const word of ['EGRESS PREFIX', 'NUMBER', 'LABEL BLOCK', 'EGRESS ADDRESS', 'AllGatewaysReady'])
    assert.ok(table.includes(word), word);
  assert.match(await kubectl('describe', 'sgc', '--namespace', 'demo', 'demo'), /Egress Ip Prefix:\s+203\.0\.113\./);
});
