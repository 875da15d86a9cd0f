import type { EgressWorker } from '../api/egress-worker.ts';
import type { GatewayStatus, GatewayStatusStatus } from '../api/gateway-status.ts';
import type { GatewayVmConfiguration } from '../api/gateway-vm-configuration.ts';
import { parseCidr } from '../base/addresses.ts';
import type { EgressAddress, Endpoint, GatewayInputs, Worker } from '../dataplane/model.ts';
import { formatKey, keyOf } from '../kube/object.ts';
import type { Trouble } from './trouble.ts';
import type { UplinkLink } from './uplink.ts';

/** All that decides what a gateway carries. */
export interface GatewayFacts {
  readonly nodeName: string;
  readonly nodeAddress: string;
  readonly publicKey: string;
  readonly uplink: UplinkLink | undefined;
  /** Of this node. */
  readonly gatewayStatus: GatewayStatus | undefined;
  readonly vmConfigurations: readonly GatewayVmConfiguration[];
  readonly workers: readonly EgressWorker[];
  /** The feature is being switched off. */
  readonly isRemoving: boolean;
}

/** What may be said in the GatewayStatus once the inputs are in the kernel. */
export interface Acknowledgement {
  readonly configurations: NonNullable<GatewayStatusStatus['configurations']>;
  readonly workers: NonNullable<GatewayStatusStatus['workers']>;
}

export interface Programme {
  readonly inputs: GatewayInputs;
  readonly acknowledgement: Acknowledgement;
}

/** `wait`: it is not known what to carry, so what is there stays. */
export type Plan =
  | { readonly kind: 'serve'; readonly programme: Programme }
  | { readonly kind: 'wait'; readonly trouble: Trouble }
  | { readonly kind: 'remove' };

/** What this gateway is to carry. Pure. */
export function planGateway(facts: GatewayFacts): Plan {
  const { isRemoving, gatewayStatus, uplink, nodeName, nodeAddress, publicKey } = facts;
  if (isRemoving) return { kind: 'remove' };
  if (gatewayStatus === undefined) return wait('WaitingForOperator', `there is no GatewayStatus ${nodeName} yet`);
  if (uplink === undefined) return wait('UplinkMissing', 'the node has no default route');
  const served = servedConfigurations(facts);
  const workers = servedWorkers(facts.workers, {
    number: gatewayStatus.spec.number,
    uids: new Set(served.map(({ uid }) => uid)),
  });
  const inputs: GatewayInputs = {
    nodeAddress,
    uplink: uplink.name,
    uplinkMtu: uplink.mtu,
    publicKey,
    egress: served.map(({ uid, secondaryAddress }): EgressAddress => ({ sgc: uid, address: secondaryAddress })),
    workers: workers.map(({ worker }) => worker),
  };
  const acknowledgement = { configurations: served, workers: workers.map(({ acknowledged }) => acknowledged) };
  return { kind: 'serve', programme: { inputs, acknowledgement } };
}

function wait(reason: Trouble['reason'], message: string): Plan {
  return { kind: 'wait', trouble: { reason, message } };
}

/**
 * The configurations that have an address on this node, sorted by their keys. An address that two claim is nobody's: one of them has
 * lost it, and nothing here tells which.
 */
function servedConfigurations({ vmConfigurations, nodeName }: GatewayFacts): Acknowledgement['configurations'] {
  const claims = sortedByKey(vmConfigurations).flatMap(({ metadata, status = {} }) => {
    const { configurationUid: uid, configurationGeneration: generation = 0, gatewayVmProfiles = [] } = status;
    const profile = gatewayVmProfiles.find((one) => one.nodeName === nodeName);
    if (uid === undefined || profile === undefined) return [];
    const { namespace = '', name } = metadata;
    return [{ namespace, name, uid, generation, secondaryAddress: profile.secondaryAddress }];
  });
  return claims.filter((claim) => !claims.some((other) => other !== claim && other.secondaryAddress === claim.secondaryAddress));
}

interface Served {
  /** The gateway's. */
  readonly number: number;
  readonly uids: ReadonlySet<string>;
}

interface ServedWorker {
  readonly worker: Worker;
  readonly acknowledged: Acknowledgement['workers'][number];
}

/**
 * The workers that may use one of the configurations and have said who and where they are. What they may send comes from `spec`, which
 * is the operator's; their key and endpoint from `status`, which is their own. Of two with one key or one block the older counts: a
 * worker that claims another's key may keep a younger one out, but cannot send as it without the private key.
 */
function servedWorkers(workers: readonly EgressWorker[], served: Served): readonly ServedWorker[] {
  const taken = new Set<string>();
  const kept = new Set<EgressWorker>();
  for (const worker of workers.toSorted(byAge)) {
    const claims = [worker.spec.labelBlock, worker.status?.publicKey].filter((claim) => claim !== undefined);
    if (claims.some((claim) => taken.has(claim))) continue;
    for (const claim of claims) taken.add(claim);
    kept.add(worker);
  }
  return sortedByKey([...kept]).flatMap((worker) => toServedWorker(worker, served) ?? []);
}

function toServedWorker({ metadata, spec, status = {} }: EgressWorker, { number, uids }: Served): ServedWorker | undefined {
  const { publicKey } = status;
  const endpoint = parseEndpoint(status.endpoints?.find(({ gateway }) => gateway === number)?.endpoint);
  const labels = (spec.labels ?? []).filter(({ uid }) => uids.has(uid)).map(({ address, uid }) => ({ address, sgc: uid }));
  if (publicKey === undefined || endpoint === undefined || labels.length === 0) return undefined;
  return {
    worker: { publicKey, endpoint, block: parseCidr(spec.labelBlock, 'spec.labelBlock'), labels },
    acknowledged: { name: metadata.name, generation: metadata.generation ?? 0, publicKey },
  };
}

/** The schema lets ports above 65535 pass. */
function parseEndpoint(text: string | undefined): Endpoint | undefined {
  const [address = '', port = ''] = text?.split(':') ?? [];
  const number = Number(port);
  return address !== '' && number >= 1 && number <= 65_535 ? { address, port: number } : undefined;
}

function byAge({ metadata: a }: EgressWorker, { metadata: b }: EgressWorker): number {
  return compare(a.creationTimestamp ?? '', b.creationTimestamp ?? '') || compare(a.name, b.name);
}

function sortedByKey<T extends EgressWorker | GatewayVmConfiguration>(objects: readonly T[]): T[] {
  return objects.toSorted((a, b) => compare(formatKey(keyOf(a)), formatKey(keyOf(b))));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
