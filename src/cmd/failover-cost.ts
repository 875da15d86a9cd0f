/** A worker's dataplane without a cluster, in the network namespace that the process is in: what a failover costs, and whether it leaks. */
import { readdir, readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLogger } from '../base/log.ts';
import { measureFailovers, type KernelUsage } from '../cli/bench/failover-cost/failovers.ts';
import { StepClock } from '../cli/bench/failover-cost/step-clock.ts';
import { describeStep } from '../dataplane/describe-step.ts';
import { isDeviceOf, type Host } from '../dataplane/host.ts';
import { renderTransaction } from '../dataplane/nft/transaction.ts';
import { contradicts } from '../dataplane/pod-way.ts';
import { workerScope } from '../dataplane/scope.ts';
import { defaultSettings } from '../dataplane/settings.ts';
import { createLinuxHost } from '../linux/host/linux-host.ts';
import { kernelHasWireguard } from '../linux/wireguard/kernel.ts';
import { generatePrivateKey, publicKeyOf } from '../linux/wireguard/keys.ts';
import { ensureWireguardGo } from '../linux/wireguard/userspace.ts';
import { libnftables } from '../region/machines/toolbox.ts';
import { createTunnelClient } from '../tunnel-host/tunnel-client.ts';
import { startTunnelHost } from '../tunnel-host/tunnel-host.ts';
import { Plane } from '../worker-agent/plane.ts';

interface Request {
  readonly pods: number;
  readonly runs: number;
  readonly wireguardGo: string;
  readonly machineRoot: string;
}

const directory = '/run/segw-tunnels';
/** Later than any run ends: what is measured is not interrupted by a look at the kernel. */
const neverMs = 2 ** 31 - 1;

async function main({ pods, runs, wireguardGo: binary, machineRoot }: Request): Promise<void> {
  const log = createLogger('failover-cost', { level: 'warn' });
  const privateKey = generatePrivateKey();
  const publicKey = publicKeyOf(privateKey);
  startTunnelHost({ directory, log, start: async (name) => ensureWireguardGo({ binary, name }) });
  const host = createLinuxHost({
    dataplane: { contradicts, describeStep, isDeviceOf, renderTransaction },
    namespacePath: () => '/proc/self/ns/net',
    privateKeys: (wanted) => (wanted === publicKey ? privateKey : undefined),
    kickMark: defaultSettings.kickMark,
    nftablesLibrary: libnftables(machineRoot),
    ...(kernelHasWireguard() ? {} : { tunnels: createTunnelClient({ directory }) }),
  });
  const clock = new StepClock();
  const plane = new Plane({ host: clock.watch(host), log, resyncMs: neverMs });
  const report = await measureFailovers({ runs, pods, publicKey, clock, plane, usage: async () => usageOf(host) });
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function usageOf(host: Host): Promise<KernelUsage> {
  const { namespaces } = await host.observe(workerScope());
  const sets = namespaces.flatMap(({ tables }) => tables.flatMap((table) => table.sets));
  await nextTurn();
  globalThis.gc?.();
  return {
    descriptors: (await readdir('/proc/self/fd')).length,
    devices: (await readFile('/proc/self/net/dev', 'utf8')).trim().split('\n').length - 2,
    elements: sets.reduce((total, { elements }) => total + elements.length, 0),
    heapMegabytes: Math.round(process.memoryUsage().heapUsed / 1e5) / 10,
    megabytes: Math.round(process.memoryUsage.rss() / 1e5) / 10,
  };
}

const request: Request = JSON.parse(process.argv[2] ?? '');
await main(request);
process.exit(0);
