import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { createSupply } from '../../../src/cluster/supply/supply.ts';
import { createFabricKernel } from '../../../src/linux/fabric-kernel.ts';
import { deleteNetns, listNetns } from '../../../src/linux/netns.ts';
import { createFabric } from '../../../src/region/fabric/fabric.ts';
import { fabricSettings } from '../../../src/region/fabric/fabric-settings.ts';
import { readInternetArrivals } from '../../../src/region/fabric/internet-arrivals.ts';
import { libnftables } from '../../../src/region/machines/toolbox.ts';
import { tcpPacket } from '../../support/dataplane/rig/packets.ts';
import { sendRaw } from '../../support/dataplane/rig/pod-client.ts';
import { cacheDir, repositoryDir } from '../../support/paths.ts';

const folder = await mkdtemp(join(tmpdir(), 'segw-edge-'));
const kernel = createFabricKernel({
  library: libnftables(await createSupply({ cacheDir, repositoryDir }).ensureRoot('machine')),
});
const fabric = createFabric({ kernel, folder, log: createLogger('test', { level: 'silent' }) });
const instance = { privateAddress: '10.224.0.5', publicAddress: '203.0.113.1' };
const behindRule = { privateAddress: '10.224.0.6', publicAddress: '198.51.100.4' };
const pod = '10.244.0.9';
const machine = join(folder, 'machine-vm-a');

before(async () => {
  const addresses = [instance.privateAddress, behindRule.privateAddress];
  await fabric.apply({
    virtualNetworks: [
      {
        key: 'one',
        subnets: [{ address: '10.224.0.0', prefixLength: 16 }],
        ports: [{ machine: 'vm-a', addresses, mac: '02:5e:00:00:00:01', isConnected: true }],
        routes: [],
        publicAddresses: [instance],
        outbound: [behindRule],
        loadBalancing: [],
      },
    ],
  });
});

after(async () => {
  for (const name of listNetns(folder)) deleteNetns(join(folder, name));
  await rm(folder, { recursive: true });
});

/** A reset of a connection that nobody knows. */
function reset(source: string, destinationPort: number): Buffer {
  const ends = { source, destination: fabricSettings.internetAddress };
  return tcpPacket(ends, { sourcePort: 40_000, destinationPort }, ['rst']);
}

test('of a packet that belongs to no connection an instance-level address is translated, and one behind an outbound rule goes nowhere', async () => {
  // Strangers come last, and untranslated: who is there by then has been seen.
  sendRaw(machine, [reset(behindRule.privateAddress, 2001), reset(instance.privateAddress, 2002), reset(pod, 2003)]);
  const internet = kernel.open(join(folder, 'internet'));
  const sources = await pollUntil(
    'the last packet',
    () => {
      const arrived = readInternetArrivals(internet).sources;
      return arrived.some(({ port }) => port === 2003) ? arrived : undefined;
    },
    { timeoutMs: 10_000, intervalMs: 20 },
  ).finally(() => internet.close());
  assert.deepEqual(
    sources.map(({ source, port }) => [source, port] as const).toSorted(([, a], [, b]) => a - b),
    [
      [instance.publicAddress, 2002],
      [pod, 2003],
    ],
  );
});
