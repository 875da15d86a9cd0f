import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualMachineScaleSet } from '@azure/arm-compute';
import type { AgentPool, ManagedCluster } from '@azure/arm-containerservice';
import { messageOf, SegwError } from '../../base/error.ts';
import type { AzureClients } from '../aks/azure-clients.ts';
import { isAbsent } from '../aks/azure-error.ts';

/** One thing that somebody does to a region, by Azure's own SDKs. Done twice is done once. */
export interface DayStep {
  readonly name: string;
  readonly run: (clients: AzureClients) => Promise<unknown>;
}

interface DayOptions {
  readonly subscriptionId: string;
  /** A managed cluster with a gateway pool is part of the day: minutes with real machines. */
  readonly hasCluster: boolean;
  /** Between two looks at an operation, where the region does not say how long. Default: the SDK's own. */
  readonly pollMs?: number;
}

const location = 'local';
const apiVersion = '2024-05-01';
/** Where everything of a day is. */
export const dayGroup = 'day';
const group = dayGroup;
const size = 'Standard_D2s_v5';

/**
 * A day of a region: networks, prefixes, scale sets and clusters come, change and go; every phase of create, scale and delete is in it.
 * What is left at its end is group `day` with network `net`, prefix `egress`, scale set `web` (two instances, one of them off) and, if
 * there is one, cluster `c` with two node pools.
 */
export function regionDay({ subscriptionId, hasCluster, pollMs }: DayOptions): readonly DayStep[] {
  const polling = pollMs === undefined ? {} : { updateIntervalInMs: pollMs };
  const groupId = `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
  const networkId = (name: string): string => `${groupId}/providers/Microsoft.Network/virtualNetworks/${name}`;
  const prefixId = (name: string): string => `${groupId}/providers/Microsoft.Network/publicIPPrefixes/${name}`;
  const put = (id: string, properties: Readonly<Record<string, unknown>>): DayStep => ({
    name: `put ${shortName(id)}`,
    run: ({ resources }) => resources.resources.beginCreateOrUpdateByIdAndWait(id, apiVersion, { location, properties }, polling),
  });
  const remove = (id: string): DayStep => ({
    name: `delete ${shortName(id)}`,
    run: ({ resources }) => resources.resources.beginDeleteByIdAndWait(id, apiVersion, polling),
  });
  const network = (name: string, address: string): DayStep =>
    put(networkId(name), {
      addressSpace: { addressPrefixes: [`${address}/16`] },
      subnets: [{ name: 's', properties: { addressPrefix: `${address}/24` } }],
    });
  const set = (name: string, capacity: number, network_: string): DayStep => ({
    name: `put scale set ${name} with ${String(capacity)} instances`,
    run: ({ compute }) =>
      compute.virtualMachineScaleSets.createOrUpdate(
        group,
        name,
        scaleSet(capacity, { subnetId: `${networkId(network_)}/subnets/s`, prefixId: prefixId('egress') }),
        polling,
      ),
  });
  const act = (name: string, run: DayStep['run']): DayStep => ({ name, run });
  const ids = (...instanceIds: readonly string[]) => ({ vmInstanceIDs: { instanceIds: [...instanceIds] } });
  return [
    act('put the group', ({ resources }) => resources.resourceGroups.createOrUpdate(group, { location })),
    network('net', '10.70.0.0'),
    put(prefixId('egress'), { prefixLength: 29 }),
    set('web', 2, 'net'),
    set('web', 4, 'net'),
    act('cut the power of an instance', ({ compute }) =>
      compute.virtualMachineScaleSets.powerOff(group, 'web', { ...ids('1'), skipShutdown: true, ...polling }),
    ),
    act('restart an instance', ({ compute }) =>
      compute.virtualMachineScaleSets.restart(group, 'web', { ...ids('0'), ...polling }),
    ),
    act('re-image an instance', ({ compute }) =>
      compute.virtualMachineScaleSets.reimage(group, 'web', { vmScaleSetReimageInput: { instanceIds: ['2'] }, ...polling }),
    ),
    act('start all instances', ({ compute }) => compute.virtualMachineScaleSets.start(group, 'web', polling)),
    act('delete an instance', async (clients) => deleteInstance(clients, '1', polling)),
    network('spare', '10.71.0.0'),
    set('spare', 3, 'spare'),
    ...(hasCluster ? clusterDay(polling) : []),
    set('spare', 1, 'spare'),
    act('delete scale set spare', ({ compute }) => compute.virtualMachineScaleSets.delete(group, 'spare', polling)),
    remove(networkId('spare')),
    set('web', 2, 'net'),
    act('deallocate an instance', ({ compute }) =>
      compute.virtualMachineScaleSets.deallocate(group, 'web', { ...ids('0'), ...polling }),
    ),
  ];
}

/** Everything of a day goes. */
export const deleteGroup: DayStep = {
  name: 'delete the group',
  run: async ({ resources }) => {
    if ((await resources.resourceGroups.checkExistence(group)).body) await resources.resourceGroups.beginDeleteAndWait(group);
  },
};

type Polling = Readonly<{ updateIntervalInMs?: number }>;

function clusterDay(polling: Polling): readonly DayStep[] {
  const pool = (name: string, profile: AgentPool): DayStep => ({
    name: `put pool ${name} with ${String(profile.count)} nodes`,
    run: ({ containers }) =>
      containers.agentPools.createOrUpdate(group, 'c', name, { osType: 'Linux', vmSize: size, ...profile }, polling),
  });
  const cluster: ManagedCluster = {
    location,
    identity: { type: 'SystemAssigned' },
    dnsPrefix: 'c',
    agentPoolProfiles: [{ name: 'np', mode: 'System', osType: 'Linux', count: 1, vmSize: size }],
    networkProfile: { staticEgressGatewayProfile: { enabled: true } },
  };
  return [
    {
      name: 'create cluster c',
      run: ({ containers }) => containers.managedClusters.createOrUpdate(group, 'c', cluster, polling),
    },
    pool('gw', { mode: 'Gateway', count: 2, gatewayProfile: { publicIPPrefixSize: 31 } }),
    pool('more', { mode: 'User', count: 1 }),
    pool('more', { mode: 'User', count: 2 }),
    { name: 'delete pool more', run: ({ containers }) => containers.agentPools.delete(group, 'c', 'more', polling) },
  ];
}

function scaleSet(
  capacity: number,
  { subnetId, prefixId }: { readonly subnetId: string; readonly prefixId: string },
): VirtualMachineScaleSet {
  const subnet = { id: subnetId };
  const publicIPAddressConfiguration = { name: 'pub', publicIPPrefix: { id: prefixId } };
  const ipConfigurations = [
    { name: 'ip', primary: true, subnet },
    { name: 'egress', primary: false, subnet, publicIPAddressConfiguration },
  ];
  return {
    location,
    sku: { name: size, capacity },
    upgradePolicy: { mode: 'Manual' },
    virtualMachineProfile: {
      networkProfile: { networkInterfaceConfigurations: [{ name: 'nic', primary: true, ipConfigurations }] },
    },
  };
}

/** Only while it is there: the number of an instance that went is an error. */
async function deleteInstance({ compute }: AzureClients, instanceId: string, polling: Polling): Promise<void> {
  try {
    await compute.virtualMachineScaleSetVMs.get(group, 'web', instanceId);
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
  await compute.virtualMachineScaleSets.deleteInstances(group, 'web', { instanceIds: [instanceId] }, polling);
}

function shortName(id: string): string {
  return id.split('/').slice(-2).join(' ');
}

/** What happened on the way through a day. */
export interface DayReport {
  /** Steps that had to be done again, since the region went away under them. */
  readonly interruptions: number;
  /** Errors of a region that was there, other than that it was busy: a kill must not show as anything but silence. */
  readonly failures: readonly string[];
}

interface DayRun {
  readonly clients: AzureClients;
  readonly signal: AbortSignal;
  readonly onStep?: (name: string) => void;
}

const pauseMs = 50;
/** A step with a cluster takes minutes when it is cut off again and again. */
const longestStepMs = 900_000;
const maxFailures = 10;

/** Lives through the day as a patient person does: what was cut off is done again until it is done. */
export async function liveThrough(steps: readonly DayStep[], { clients, signal, onStep }: DayRun): Promise<DayReport> {
  let interruptions = 0;
  const failures: string[] = [];
  for (const step of steps) {
    onStep?.(step.name);
    const done = await insist(step, clients, signal);
    if (done.isInterrupted) interruptions += 1;
    failures.push(...done.failures);
  }
  return { interruptions, failures };
}

async function insist(
  step: DayStep,
  clients: AzureClients,
  signal: AbortSignal,
): Promise<{ readonly isInterrupted: boolean; readonly failures: readonly string[] }> {
  const failures: string[] = [];
  let isInterrupted = false;
  const beganMs = performance.now();
  while (performance.now() - beganMs < longestStepMs && failures.length < maxFailures) {
    const outcome = await attemptStep(step, clients);
    if (outcome === 'done') return { isInterrupted, failures };
    if (outcome === 'interrupted') isInterrupted = true;
    else if (outcome !== 'busy') failures.push(outcome.failure);
    await sleep(pauseMs, undefined, { signal });
  }
  throw new SegwError('RegionFailed', `${step.name}: given up; ${failures.at(-1) ?? 'the region does not answer'}`);
}

type Outcome = 'done' | 'interrupted' | 'busy' | { readonly failure: string };

async function attemptStep({ name, run }: DayStep, clients: AzureClients): Promise<Outcome> {
  try {
    await run(clients);
    return 'done';
  } catch (error) {
    if (isConnectionLoss(error)) return 'interrupted';
    // The operation that a kill interrupted goes on by itself, and nobody else may change the cluster meanwhile.
    if (isBusyError(error)) return 'busy';
    return { failure: `${name}: ${messageOf(error)}` };
  }
}

const connectionCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'REQUEST_SEND_ERROR']);

function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && connectionCodes.has(error.code)) return true;
  // What is left of it where the token endpoint was asked, and in the middle of an answer.
  return /endpoints_resolution_error|network_error|socket hang up|ECONNREFUSED|ECONNRESET|aborted|premature close/i.test(
    error.message,
  );
}

function isBusyError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['OperationNotAllowed', 'AnotherOperationInProgress'].includes(String(error.code))
  );
}
