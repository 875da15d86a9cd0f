import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SegwError } from '../../base/error.ts';
import { readFolder } from '../../base/files.ts';
import { pollUntil } from '../../base/poll.ts';
import { inStep, type Progress } from '../../base/progress.ts';
import { type AzureClients, createRegionClients } from '../aks/azure-clients.ts';
import type { Context } from '../context.ts';
import { chooseFeatureFlags } from '../feature-flag.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import { regionPid } from '../region-processes.ts';
import { startRegion } from '../region-process.ts';
import type { Benchmark } from './benchmark.ts';
import { toFigure } from './figure.ts';
import { inOwnRegion } from './own-region.ts';
import { dayGroup, type DayReport, type DayStep, deleteGroup, liveThrough, regionDay } from './region-day.ts';

/** A life of the daemon is at most so long: long enough to get through a cluster's creation now and then, so that every step sees kills. */
const longestLifeMs = 25_000;
const settlingMs = 60_000;

/**
 * F5: the daemon is killed (SIGKILL) at random moments while days of operations pass, one after another until all kills are done; a run is
 * a kill. Throws `RegionFailed` that names what is not as the day implies, or is left over.
 */
export const regionKillBenchmark: Benchmark = {
  name: 'region-kill',
  description: 'kill -9 of the region during days of operations with real machines and a cluster (F5)',
  defaultRuns: 50,
  run: async (context, { runs, progress }) =>
    inOwnRegion(context, async (own) => {
      const region = await readRegionCredentials(own.settings);
      const clients = await createRegionClients(region, { signal: own.signal, maxRetries: 0 });
      await chooseFeatureFlags(own, { areNeeded: false });
      const day = regionDay({ subscriptionId: region.subscriptionId, hasCluster: true });
      const killer = startKiller(own, { kills: runs, progress });
      const reports = await liveDays(day, { own, clients, progress, isOver: () => killer.isDone() });
      const recoveries = await killer.ended;
      await pollUntil(
        'the region is as the day implies',
        async (note) => {
          const wrong = await deviations(own, clients);
          note(wrong.join('; '));
          return wrong.length === 0 ? true : undefined;
        },
        { timeoutMs: settlingMs, intervalMs: 1000, signal: own.signal },
      );
      const failures = reports.flatMap((report) => report.failures);
      if (failures.length > 0) throw new SegwError('RegionFailed', `not every answer was right:\n${failures.join('\n')}`);
      const interruptions = reports.map((report) => report.interruptions);
      return [
        toFigure({ name: 'kill to the next answer', unit: 's', target: '-', values: recoveries }),
        toFigure({ name: 'steps of a day that were cut off', unit: 'steps', target: '-', values: interruptions }),
      ];
    }),
};

interface Killer {
  isDone(): boolean;
  /** Seconds from each kill to the region's next answer. */
  readonly ended: Promise<readonly number[]>;
}

function startKiller(own: Context, { kills, progress }: { readonly kills: number; readonly progress: Progress }): Killer {
  let done = false;
  const ended = (async () => {
    const recoveries: number[] = [];
    try {
      while (recoveries.length < kills) {
        await sleep(randomInt(longestLifeMs), undefined, { signal: own.signal });
        const title = `kill ${String(recoveries.length + 1)} of ${String(kills)}`;
        recoveries.push(await inStep(progress, title, async () => killAndStart(own)));
      }
    } finally {
      done = true;
    }
    return recoveries;
  })();
  // Whoever awaits it is told; until then it is nobody's unhandled rejection.
  ended.catch(() => undefined);
  return { isDone: () => done, ended };
}

async function killAndStart(own: Context): Promise<number> {
  const pid = await regionPid(own.settings);
  if (pid === undefined) throw new SegwError('RegionFailed', 'the region ended by itself');
  const beganMs = performance.now();
  process.kill(pid, 'SIGKILL');
  await pollUntil('the killed region is gone', async () => ((await regionPid(own.settings)) === undefined ? true : undefined), {
    timeoutMs: settlingMs,
    intervalMs: 20,
  });
  await startRegion(own);
  return Math.round(performance.now() - beganMs) / 1000;
}

interface Days {
  readonly own: Context;
  readonly clients: AzureClients;
  readonly progress: Progress;
  readonly isOver: () => boolean;
}

/** At least one; each but the last is cleared away. */
async function liveDays(day: readonly DayStep[], { own, clients, progress, isOver }: Days): Promise<readonly DayReport[]> {
  const reports: DayReport[] = [];
  for (;;) {
    const title = `day ${String(reports.length + 1)}`;
    reports.push(await inStep(progress, title, async () => liveThrough(day, { clients, signal: own.signal })));
    if (isOver()) return reports;
    await inStep(progress, `clear ${title} away`, async () => liveThrough([deleteGroup], { clients, signal: own.signal }));
  }
}

/** What the region tells, and what lies on the host, against what the day leaves (`regionDay`). */
async function deviations({ settings }: Context, { compute, containers, resources }: AzureClients): Promise<readonly string[]> {
  const all = await Array.fromAsync(resources.resources.list({ expand: 'provisioningState' }));
  const unsettled = all.flatMap((one) =>
    one.provisioningState === 'Succeeded' ? [] : [`${one.id ?? ''} is ${one.provisioningState ?? ''}`],
  );
  const sets = await Array.fromAsync(compute.virtualMachineScaleSets.listAll());
  const instances = await Promise.all(
    sets.map(async (set) => {
      const [, , , , group = '', , , , name = ''] = (set.id ?? '').split('/');
      const pages = compute.virtualMachineScaleSetVMs.list(group, name, { expand: 'instanceView' });
      return { name, capacity: set.sku?.capacity ?? 0, own: await Array.fromAsync(pages) };
    }),
  );
  const powers = instances.flatMap(({ own }) =>
    own.map(({ instanceView }) => instanceView?.statuses?.some(({ code }) => code === 'PowerState/running') ?? false),
  );
  const pools = await Array.fromAsync(containers.agentPools.list(dayGroup, 'c'));
  const count = (type: string): number => all.filter((one) => one.type?.toLowerCase() === type.toLowerCase()).length;
  const networks = count('Microsoft.Network/virtualNetworks');
  const clusters = count('Microsoft.ContainerService/managedClusters');
  const fixed = networks + clusters + 2; // routers, control planes, internet, on-premises network
  const running = powers.filter((isRunning) => isRunning).length;
  return [
    ...unsettled,
    ...instances.flatMap(({ name, capacity, own }) => differ(`instances of ${name}`, own.length, capacity)),
    ...differ('instances that are off', powers.length - running, 1),
    ...differ('networks', networks, 2),
    ...differ('node pools', pools.length, 2),
    ...differ('machines on the host', (await readFolder(join(settings.stateDir, 'machines'))).length, powers.length + fixed),
    ...differ('network namespaces', (await readFolder(join(settings.stateDir, 'netns'))).length, running + fixed),
  ];
}

function differ(what: string, is: number, should: number): readonly string[] {
  return is === should ? [] : [`${what}: ${String(is)} instead of ${String(should)}`];
}
