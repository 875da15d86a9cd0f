import { isDeepStrictEqual } from 'node:util';
import { gatewayPoolOf } from '../../api/gateway-pool.ts';
import {
  gatewayVmConfigurationKind,
  type GatewayVmConfiguration,
  type GatewayVmConfigurationStatus,
} from '../../api/gateway-vm-configuration.ts';
import { cloudResourcesFinalizer, fieldManagers } from '../../api/names.ts';
import {
  staticGatewayConfigurationKind,
  type StaticGatewayConfiguration,
  type StaticGatewayConfigurationStatus,
} from '../../api/static-gateway-configuration.ts';
import { CloudError } from '../../cloud/cloud-error.ts';
import { isError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { ensureFinalizer, hasFinalizer, isBeingDeleted, removeFinalizer } from '../../kube/finalizers.ts';
import { formatKey, keyOf, type ObjectKey } from '../../kube/object.ts';
import type { ReconcileContext, Reconciler, Result } from '../../kube/reconciler.ts';
import type { Caches } from '../caches.ts';
import { isRemoving } from '../feature/removal.ts';
import { nodeObjectKey } from '../node-object.ts';
import { StoreArrivals } from '../store-arrivals.ts';
import { checkSpecification, isFinding } from './acceptance.ts';
import { desiredVmConfiguration, desiredVmSpec } from './desired.ts';
import { observeGateway, type Gateway } from './gateways.ts';
import { occurrencesBetween } from './occurrences.ts';
import { provision, type CloudSide, type Provisioned } from './provision.ts';
import { release, stillServing } from './release.ts';
import type { RecheckTimes } from './recheck.ts';
import { deletingStatus, desiredStatus } from './status.ts';
import { usageOf } from './usage.ts';

export interface StaticGatewayConfigurationDependencies {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly cloud: CloudSide;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly recheck: RecheckTimes;
}

interface Written {
  readonly vm: GatewayVmConfiguration | undefined;
  readonly written: StaticGatewayConfiguration;
}

const underWayRetryMs = 2_000;
const stillServingRetryMs = 500;

/** From a StaticGatewayConfiguration to cloud resources, and to what its status says of them. */
export class StaticGatewayConfigurationReconciler implements Reconciler {
  readonly #deps: StaticGatewayConfigurationDependencies;

  readonly #shown: {
    readonly configurations: StoreArrivals<StaticGatewayConfiguration, 'prefixId'>;
    readonly vmConfigurations: StoreArrivals<GatewayVmConfiguration, 'node'>;
  };

  constructor(dependencies: StaticGatewayConfigurationDependencies) {
    const { caches, clock } = dependencies;
    this.#deps = dependencies;
    this.#shown = {
      configurations: new StoreArrivals(caches.configurations.store, clock),
      vmConfigurations: new StoreArrivals(caches.vmConfigurations.store, clock),
    };
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<Result> {
    const found = this.#deps.caches.configurations.store.get(key);
    if (found === undefined) return {};
    if (isBeingDeleted(found) || isRemoving(this.#deps.caches)) return await this.#release(found, context);
    const { client } = this.#deps;
    const { signal } = context;
    const reference = checkSpecification(found.spec);
    if (isFinding(reference)) {
      const cloud = { reason: 'WaitingForAcceptance', message: 'See Accepted.' } as const;
      await this.#writeStatus(found, { standing: { accepted: reference, cloud } }, signal);
      return {};
    }
    const finalizer = { finalizer: cloudResourcesFinalizer, signal };
    const configuration = await ensureFinalizer(client, staticGatewayConfigurationKind, { object: found, ...finalizer });
    const inputs = {
      configuration,
      reference,
      sharers: this.#sharersOf(configuration),
      previous: this.#vmStatusOf(configuration),
    };
    const provisioned = await provision(this.#deps.cloud, inputs, { signal });
    const vm = provisioned.vm && (await this.#writeVmConfiguration(configuration, provisioned.vm, signal));
    const written = await this.#writeStatus(configuration, provisioned, signal);
    await this.#untilShown({ vm, written }, signal);
    return this.#nextLook(provisioned);
  }

  async #untilShown({ vm, written }: Written, signal: AbortSignal): Promise<void> {
    await Promise.all([vm && this.#shown.vmConfigurations.wait(vm, signal), this.#shown.configurations.wait(written, signal)]);
  }

  /** Others that bring the same prefix. */
  #sharersOf({ spec, metadata }: StaticGatewayConfiguration): readonly StaticGatewayConfiguration[] {
    if (!spec.publicIpPrefixId) return [];
    const all = this.#deps.caches.configurations.store.byIndex('prefixId', spec.publicIpPrefixId.toLowerCase());
    return all.filter((one) => one.metadata.uid !== metadata.uid);
  }

  /** Of this very configuration: one of that name may have been here before. */
  #vmStatusOf(configuration: StaticGatewayConfiguration): GatewayVmConfigurationStatus | undefined {
    const { status } = this.#deps.caches.vmConfigurations.store.get(keyOf(configuration)) ?? {};
    return status?.configurationUid === configuration.metadata.uid ? status : undefined;
  }

  async #writeVmConfiguration(
    configuration: StaticGatewayConfiguration,
    vm: GatewayVmConfigurationStatus,
    signal: AbortSignal,
  ): Promise<GatewayVmConfiguration | undefined> {
    const { client, caches } = this.#deps;
    const options = { fieldManager: fieldManagers.operator, signal };
    const desired = desiredVmConfiguration(configuration);
    const found = caches.vmConfigurations.store.get(keyOf(configuration));
    const isOurs = found !== undefined && isOwnedBy(found, configuration);
    const generation =
      isOurs && isDeepStrictEqual(found.spec, desiredVmSpec(configuration))
        ? found.metadata.generation
        : (await client.apply(gatewayVmConfigurationKind, desired, options)).metadata.generation;
    const status = { ...vm, ...(generation !== undefined && { observedGeneration: generation }) };
    if (isOurs && isDeepStrictEqual(found.status, status)) return undefined;
    const { name, namespace = '' } = configuration.metadata;
    const object = { metadata: { name, namespace }, status };
    return await client.apply(gatewayVmConfigurationKind, object, { ...options, subresource: 'status' });
  }

  async #writeStatus(
    configuration: StaticGatewayConfiguration,
    { standing, vm = this.#vmStatusOf(configuration) }: Pick<Provisioned, 'standing' | 'vm'>,
    signal: AbortSignal,
  ): Promise<StaticGatewayConfiguration> {
    const { caches, clock } = this.#deps;
    const key = keyOf(configuration);
    const usage = usageOf(key, caches.egressWorkers.store.byIndex('wanted', formatKey(key)));
    const gateways = this.#gatewaysOf(configuration, vm);
    const status = desiredStatus({ configuration, standing, vm, gateways, usage, now: clock.wallTime() });
    return await this.#applyStatus(configuration, status, signal);
  }

  #gatewaysOf({ metadata }: StaticGatewayConfiguration, vm: GatewayVmConfigurationStatus | undefined): readonly Gateway[] {
    const { gatewayStatuses, nodes } = this.#deps.caches;
    return (vm?.gatewayVmProfiles ?? []).map((profile) =>
      observeGateway({
        configurationUid: metadata.uid ?? '',
        profile,
        status: gatewayStatuses.store.get(nodeObjectKey(profile.nodeName))?.status,
        node: nodes.store.get({ name: profile.nodeName }),
      }),
    );
  }

  async #applyStatus(
    configuration: StaticGatewayConfiguration,
    status: StaticGatewayConfigurationStatus,
    signal: AbortSignal,
  ): Promise<StaticGatewayConfiguration> {
    if (isDeepStrictEqual(configuration.status, status)) return configuration;
    const { client, events } = this.#deps;
    const { name, namespace = '' } = configuration.metadata;
    const options = { fieldManager: fieldManagers.operator, subresource: 'status', signal } as const;
    const written = await client.apply(staticGatewayConfigurationKind, { metadata: { name, namespace }, status }, options);
    for (const occurrence of occurrencesBetween(configuration.status, status))
      events.record(staticGatewayConfigurationKind, configuration, occurrence);
    return written;
  }

  /** Gateways stop first, then the cloud gives up what they used, then the object goes. Pods that still use it stay guarded. */
  async #release(configuration: StaticGatewayConfiguration, { signal, log }: ReconcileContext): Promise<Result> {
    if (!hasFinalizer(configuration, cloudResourcesFinalizer)) return {};
    const { client, cloud, caches } = this.#deps;
    const { uid = '' } = configuration.metadata;
    await this.#deleteVmConfiguration(configuration, signal);
    const serving = stillServing(uid, caches.gatewayStatuses.store.list());
    if (serving.length > 0 && this.#isInGrace(configuration)) {
      log.debug({ gateways: serving }, 'gateways still serve');
      return { requeueAfterMs: stillServingRetryMs };
    }
    try {
      await release(cloud, { uid, reference: gatewayPoolOf(configuration.spec) }, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CloudError)) throw error;
      await this.#applyStatus(configuration, deletingStatus(configuration, error.message, this.#deps.clock.wallTime()), signal);
      return this.#afterError(error);
    }
    const finalizer = { finalizer: cloudResourcesFinalizer, signal };
    await removeFinalizer(client, staticGatewayConfigurationKind, { object: configuration, ...finalizer });
    log.info({ uid }, 'cloud resources released');
    return {};
  }

  async #deleteVmConfiguration(configuration: StaticGatewayConfiguration, signal: AbortSignal): Promise<void> {
    const key = keyOf(configuration);
    const found = this.#deps.caches.vmConfigurations.store.get(key);
    if (found?.metadata.uid === undefined || !isOwnedBy(found, configuration)) return;
    try {
      await this.#deps.client.delete(gatewayVmConfigurationKind, key, { uid: found.metadata.uid, signal });
    } catch (error) {
      // Another object of that name: not ours any more.
      if (!isError(error, 'Conflict')) throw error;
    }
  }

  #isInGrace({ metadata: { deletionTimestamp = '' } }: StaticGatewayConfiguration): boolean {
    const sinceMs = this.#deps.clock.wallTime().getTime() - Date.parse(deletionTimestamp);
    return sinceMs < this.#deps.recheck.releaseGraceMs;
  }

  #nextLook({ standing, error, isUnderWay = false }: Provisioned): Result {
    const { settledMs, refusedMs } = this.#deps.recheck;
    if (error) return this.#afterError(error);
    if (isUnderWay) return { requeueAfterMs: underWayRetryMs };
    return { requeueAfterMs: standing.accepted.reason === 'Accepted' ? settledMs : refusedMs };
  }

  /** What passes by itself is tried again with backoff; what a service puts off, after its time; the rest when a person had time. */
  #afterError(error: CloudError): Result {
    if (error.retryAfterMs !== undefined) return { requeueAfterMs: error.retryAfterMs };
    if (error.retryable) throw error;
    return { requeueAfterMs: this.#deps.recheck.refusedMs };
  }
}

/** One of that name may have had an object of that name before. */
function isOwnedBy({ metadata }: GatewayVmConfiguration, owner: StaticGatewayConfiguration): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}
