import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { run } from '../../src/base/exec.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { describeStep } from '../../src/dataplane/describe-step.ts';
import { desiredWorker } from '../../src/dataplane/desired-worker.ts';
import { diff } from '../../src/dataplane/diff/diff.ts';
import { isDeviceOf } from '../../src/dataplane/host.ts';
import { emptyNamespace, hostNamespace, type HostState } from '../../src/dataplane/host-state.ts';
import { renderTransaction } from '../../src/dataplane/nft/transaction.ts';
import { contradicts } from '../../src/dataplane/pod-way.ts';
import { workerScope } from '../../src/dataplane/scope.ts';
import { defaultSettings } from '../../src/dataplane/settings.ts';
import { createLinuxHost } from '../../src/linux/host/linux-host.ts';
import { generatePrivateKey, publicKeyOf } from '../../src/linux/wireguard/keys.ts';
import { gateway, worker } from '../support/dataplane/worlds.ts';
import { patient } from '../support/patience.ts';

const networkFile = '/etc/systemd/network/10-eth0.network';
const privateKey = generatePrivateKey();
const publicKey = publicKeyOf(privateKey);
const gateways = [gateway(1, { publicKey: Buffer.alloc(32, 1).toString('base64') })];
const desired = desiredWorker(worker({ publicKey, gateways }), defaultSettings);
const scope = workerScope(defaultSettings);
const nothing: HostState = { namespaces: [emptyNamespace(hostNamespace)] };

/** The guest itself is the worker. */
const host = createLinuxHost({
  dataplane: { contradicts, describeStep, isDeviceOf, renderTransaction },
  namespacePath: () => '/proc/self/ns/net',
  privateKeys: () => privateKey,
  kickMark: defaultSettings.kickMark,
});

before(async () => {
  assert.ok(existsSync('/segw/run'), 'this test changes the network of its machine, and runs in a guest of the level vm only');
  await mkdir('/etc/systemd/network', { recursive: true });
  await writeFile(
    networkFile,
    '[Match]\nName=eth0\n[Network]\nAddress=10.224.0.11/16\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n',
  );
  await run('ip', ['link', 'add', 'eth0', 'type', 'dummy']);
  await run('systemctl', ['start', 'systemd-networkd']);
  await reach(desired);
});

after(async () => {
  await reach(nothing);
  host.close();
  await run('systemctl', ['stop', 'systemd-networkd.socket', 'systemd-networkd']);
  await run('ip', ['link', 'delete', 'eth0']);
  await rm(networkFile);
});

async function reach(state: HostState): Promise<void> {
  for (const step of diff(await host.observe(scope), state)) await host.apply(step);
  assert.deepEqual(diff(await host.observe(scope), state), []);
}

const meddlings = ['systemctl restart systemd-networkd', 'networkctl reconfigure eth0', 'networkctl reload'] as const;

for (const command of meddlings)
  test(`all that a worker needs is still there after ${command}`, async () => {
    await run('sh', ['-c', command]);
    await untilConfigured();
    assert.deepEqual(diff(await host.observe(scope), desired), []);
  });

test('a rule of another protocol does not outlive a restart of systemd-networkd', async () => {
  await run('ip', ['rule', 'add', 'pref', '7777', 'fwmark', '99', 'lookup', '7777', 'protocol', 'static']);
  await run('systemctl', ['restart', 'systemd-networkd']);
  await pollUntil('the rule is gone', async () => !(await run('ip', ['rule'])).includes('7777') || undefined, {
    timeoutMs: patient(10_000),
  });
});

async function untilConfigured(): Promise<void> {
  await pollUntil(
    'eth0 is configured',
    async () => (await run('networkctl', ['status', 'eth0'])).includes('configured)') || undefined,
    {
      timeoutMs: patient(10_000),
    },
  );
}
