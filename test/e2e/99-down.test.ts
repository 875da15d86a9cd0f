import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { takeHostSnapshot } from '../support/host-snapshot.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { installationMarks, segw, settings } from '../support/installation.ts';

test('from up to down, no packet reached the internet with a private source', async () => {
  assert.equal((await readInternetCounters()).untranslated, 0);
});

test('down leaves no process, namespace, mount, link, rule or cgroup, and changes no setting of the host', async () => {
  await segw('down', '--purge');
  const before: unknown = JSON.parse(await readFile(`${settings.stateDir}.before.json`, 'utf8'));
  assert.deepEqual(await takeHostSnapshot(installationMarks), before);
});
