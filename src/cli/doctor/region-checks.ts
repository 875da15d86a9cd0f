import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { collect } from '../aks/long-running.ts';
import { createRegionClients } from '../aks/azure-clients.ts';
import type { Context } from '../context.ts';
import { silentRegionRemedy } from '../region-answer.ts';
import { lastWordsIn } from '../region-failure.ts';
import { regionFiles } from '../region-files.ts';
import { regionProcesses } from '../region-processes.ts';
import { observeRegion } from '../region-state.ts';
import type { Settings } from '../settings.ts';
import { failure, ok, warning, type Check, type Finding } from './check.ts';

/** The region's daemon and what it says about its clusters. All is well where no region was ever started. */
export const regionChecks: readonly Check[] = [
  { name: 'region', look: ({ settings }) => checkRegion(settings) },
  { name: 'region-daemons', look: ({ settings }) => checkDaemons(settings) },
  { name: 'clusters', look: checkClusters },
];

async function checkRegion(settings: Settings): Promise<Finding> {
  const region = await observeRegion(settings);
  if (region.state === 'stopped') return checkStopped(settings);
  const daemon = `the region (process ${String(region.pid)})`;
  if (region.state === 'starting') return warning(`${daemon} is starting`, 'Wait a minute, then look again.');
  if (region.state === 'silent') return failure(`${daemon} runs, but does not answer: ${region.why}`, silentRegionRemedy);
  return ok(`${daemon} answers at ${region.credentials.armEndpoint}`);
}

async function checkStopped(settings: Settings): Promise<Finding> {
  const processes = await machineProcesses(settings);
  if (processes > 0) {
    return failure(
      `the region has ended, but ${String(processes)} processes of its machines run on`,
      'Run `segw up`, which takes them over, or `segw down`, which ends them.',
    );
  }
  const log = await readFile(regionFiles(settings).log, 'utf8').catch(() => '');
  const words = lastWordsIn(log);
  return words ? warning(`no region runs; the last start failed: ${words.message}`, words.remedy) : ok('no region runs');
}

/** The machines' cgroups, in each hierarchy of version 1 or in the one of version 2, are named after the installation. */
async function machineProcesses({ installation }: Settings): Promise<number> {
  const files = globSync(`/sys/fs/cgroup/{*/,}segw-${installation}/**/cgroup.procs`);
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return new Set(texts.flatMap((text) => text.split('\n')).filter(Boolean)).size;
}

async function checkDaemons(settings: Settings): Promise<Finding> {
  const ids = await regionProcesses(settings);
  if (ids.length <= 1) return ok(ids.length === 0 ? 'no daemon' : 'one daemon');
  return failure(
    `${String(ids.length)} daemons work on ${settings.stateDir}: processes ${ids.join(', ')}`,
    'Run `segw down`, which ends all of them, then `segw up`.',
  );
}

async function checkClusters({ settings, signal }: Context): Promise<Finding> {
  const region = await observeRegion(settings);
  if (region.state !== 'running') return ok('not looked at: no region answers');
  const { containers } = await createRegionClients(region.credentials, { signal });
  const clusters = await collect('list clusters', containers.managedClusters.list());
  const states = clusters.map(({ name, provisioningState }) => `${name ?? ''} (${provisioningState ?? 'unknown'})`).join(', ');
  if (clusters.some(({ provisioningState }) => provisioningState === 'Failed')) {
    return failure(
      `the last operation on a cluster failed: ${states}`,
      'Run `segw up` for the cluster `segw`, or the same `segw aks` command again: each says why it fails, and continues.',
    );
  }
  return ok(clusters.length === 0 ? 'no cluster' : `clusters: ${states}`);
}
