import type {
  VirtualMachineScaleSet,
  VirtualMachineScaleSetNetworkConfiguration,
  VirtualMachineScaleSetVM,
} from '@azure/arm-compute';
import type { GatewayPoolReference } from '../../api/gateway-pool.ts';
import { CloudError, isCloudError } from '../cloud-error.ts';
import type {
  CloudCall,
  CloudProvider,
  EgressIpConfiguration,
  GatewayPool,
  OwnPrefixRequest,
  PoolChange,
  PoolChangeResult,
  PublicIpPrefix,
} from '../cloud-provider.ts';
import { planPoolChange, sameConfigurations } from '../pool-change.ts';
import { formatPrefixId, parsePrefixId } from '../prefix-id.ts';
import { egressName } from '../resource-names.ts';
import { toCloudError } from './azure-error.ts';
import type { AzureSettings } from './azure-settings.ts';
import type { AzureClients } from './clients.ts';
import { isPoolNamed, toGatewayPool, type PoolReading } from './gateway-pool.ts';
import { egressConfigurationsOf, withEgressConfigurations } from './ip-configurations.ts';
import { isOurs, ownPrefixBody, toPublicIpPrefix } from './public-ip-prefix.ts';

/** The SDKs' own pause between two looks at an operation, where the service does not ask for another one. */
const updateIntervalInMs = 1000;

/** Azure, and what speaks as Azure Resource Manager does. The wire's shapes and traps: arm-facts sections 3.3, 3.7 and 4. */
export function createAzureProvider(clients: AzureClients, settings: AzureSettings): CloudProvider {
  return new AzureProvider(clients, settings);
}

class AzureProvider implements CloudProvider {
  readonly #clients: AzureClients;
  readonly #settings: AzureSettings;

  constructor(clients: AzureClients, settings: AzureSettings) {
    this.#clients = clients;
    this.#settings = settings;
  }

  async readPool(reference: GatewayPoolReference, call: CloudCall): Promise<GatewayPool | undefined> {
    const reading = await this.#readPool(reference, call);
    return reading && this.#toPool(reference, reading);
  }

  async changePool(reference: GatewayPoolReference, change: PoolChange, call: CloudCall): Promise<PoolChangeResult> {
    const reading = await this.#readPool(reference, call);
    if (reading === undefined) throw poolGone(reference);
    const pool = this.#toPool(reference, reading);
    const { desired, writesModel, instances, refused } = planPoolChange(pool, change);
    if (!writesModel && instances.length === 0) return { pool, refused, failures: [] };
    // The model first: an instance that is made meanwhile then has what the others get.
    const modelFailures = writesModel ? await this.#writeModel(reading.scaleSet, desired, call) : [];
    const targets = new Set(instances.map(({ id }) => id));
    const changed = reading.instances.filter(({ id = '' }) => targets.has(id));
    const instanceFailures = await this.#writeInstances(changed, desired, call);
    const after = await this.readPool(reference, call);
    if (after === undefined) throw poolGone(reference);
    return { pool: after, refused, failures: [...modelFailures, ...instanceFailures] };
  }

  async readPrefix(id: string, call: CloudCall): Promise<PublicIpPrefix | undefined> {
    const { resourceGroup, name } = parsePrefixId(id);
    const prefix = await absentAsUndefined(
      guarded(`read public IP prefix ${id}`, call, () =>
        this.#clients.network.publicIPPrefixes.get(resourceGroup, name, { abortSignal: call.signal }),
      ),
    );
    return prefix && toPublicIpPrefix(prefix);
  }

  ownPrefixId(configurationUid: string): string {
    const { subscriptionId, resourceGroup } = this.#settings;
    return formatPrefixId({ subscriptionId, resourceGroup, name: egressName(configurationUid) });
  }

  async ensureOwnPrefix(request: OwnPrefixRequest, call: CloudCall): Promise<PublicIpPrefix> {
    const id = this.ownPrefixId(request.configurationUid);
    const found = await this.readPrefix(id, call);
    if (found !== undefined && isOurs(found)) return found;
    if (found !== undefined) throw notOurs(id);
    const { resourceGroup, name } = parsePrefixId(id);
    const created = await guarded(`create public IP prefix ${id}`, call, () =>
      this.#clients.network.publicIPPrefixes.beginCreateOrUpdateAndWait(resourceGroup, name, ownPrefixBody(request), {
        abortSignal: call.signal,
        updateIntervalInMs,
      }),
    );
    const prefix = toPublicIpPrefix(created);
    if (prefix !== undefined) return prefix;
    throw toCloudError(`create public IP prefix ${id}`, new Error('the answer has no addresses'));
  }

  async deleteOwnPrefix(configurationUid: string, call: CloudCall): Promise<void> {
    const id = this.ownPrefixId(configurationUid);
    const { resourceGroup, name } = parsePrefixId(id);
    const found = await absentAsUndefined(
      guarded(`read public IP prefix ${id}`, call, () =>
        this.#clients.network.publicIPPrefixes.get(resourceGroup, name, { abortSignal: call.signal }),
      ),
    );
    if (found === undefined || !isOurs({ tags: found.tags ?? {} })) return;
    await absentAsUndefined(
      guarded(`delete public IP prefix ${id}`, call, () =>
        this.#clients.network.publicIPPrefixes.beginDeleteAndWait(resourceGroup, name, {
          abortSignal: call.signal,
          updateIntervalInMs,
        }),
      ),
    );
  }

  #toPool(reference: GatewayPoolReference, reading: PoolReading): GatewayPool {
    const { subscriptionId } = this.#settings;
    return toGatewayPool(reading, {
      subscriptionId,
      prefixLength: reference.by === 'scaleSet' ? reference.publicIpPrefixSize : undefined,
    });
  }

  async #readPool(reference: GatewayPoolReference, call: CloudCall): Promise<PoolReading | undefined> {
    const scaleSet = await this.#findScaleSet(reference, call);
    if (scaleSet === undefined) return undefined;
    const { resourceGroup, name } = scaleSetId(scaleSet);
    const { compute, network } = this.#clients;
    const options = { abortSignal: call.signal };
    const reading = guarded(`read the instances of scale set ${name}`, call, async () => {
      const [instances, interfaces, publicAddresses] = await Promise.all([
        Array.fromAsync(compute.virtualMachineScaleSetVMs.list(resourceGroup, name, options)),
        Array.fromAsync(network.networkInterfaces.listVirtualMachineScaleSetNetworkInterfaces(resourceGroup, name, options)),
        Array.fromAsync(network.publicIPAddresses.listVirtualMachineScaleSetPublicIPAddresses(resourceGroup, name, options)),
      ]);
      return { scaleSet, instances, interfaces, publicAddresses };
    });
    return await absentAsUndefined(reading);
  }

  async #findScaleSet(reference: GatewayPoolReference, call: CloudCall): Promise<VirtualMachineScaleSet | undefined> {
    const { virtualMachineScaleSets } = this.#clients.compute;
    const options = { abortSignal: call.signal };
    if (reference.by === 'scaleSet') {
      const { resourceGroup, name } = reference;
      const what = `read scale set ${resourceGroup}/${name}`;
      return await absentAsUndefined(guarded(what, call, () => virtualMachineScaleSets.get(resourceGroup, name, options)));
    }
    const { resourceGroup } = this.#settings;
    const all = await absentAsUndefined(
      guarded(`list the scale sets of resource group ${resourceGroup}`, call, () =>
        Array.fromAsync(virtualMachineScaleSets.list(resourceGroup, options)),
      ),
    );
    return all?.find((scaleSet) => isPoolNamed(scaleSet, reference.nodepoolName));
  }

  /**
   * Only what changes is sent; what is absent stays as it is, tags and size among it. An operation may fail after the model was
   * stored, as when an instance of the set cannot follow it: then the instances are to be written all the same, and mend that.
   */
  async #writeModel(
    scaleSet: VirtualMachineScaleSet,
    desired: readonly EgressIpConfiguration[],
    call: CloudCall,
  ): Promise<readonly CloudError[]> {
    const { resourceGroup, name } = scaleSetId(scaleSet);
    const { virtualMachineScaleSets } = this.#clients.compute;
    const networkProfile = { networkInterfaceConfigurations: withEgressConfigurations(interfacesOf(scaleSet), desired) };
    const body = { location: scaleSet.location, virtualMachineProfile: { networkProfile } };
    const options = { abortSignal: call.signal, updateIntervalInMs };
    try {
      await guarded(`update scale set ${name}`, call, async () =>
        virtualMachineScaleSets.createOrUpdate(resourceGroup, name, body, options),
      );
      return [];
    } catch (error) {
      const stored = await guarded(`read scale set ${name}`, call, () =>
        virtualMachineScaleSets.get(resourceGroup, name, { abortSignal: call.signal }),
      );
      if (!(error instanceof CloudError) || !sameConfigurations(egressConfigurationsOf(interfacesOf(stored)), desired))
        throw error;
      return [error];
    }
  }

  /** All at once; one that fails does not keep the others from being written. */
  async #writeInstances(
    instances: readonly VirtualMachineScaleSetVM[],
    desired: readonly EgressIpConfiguration[],
    call: CloudCall,
  ): Promise<readonly CloudError[]> {
    const results = await Promise.allSettled(instances.map((instance) => this.#writeInstance(instance, desired, call)));
    call.signal.throwIfAborted();
    return results.flatMap((result) => (result.status === 'rejected' ? [toCloudError('update instances', result.reason)] : []));
  }

  async #writeInstance(
    instance: VirtualMachineScaleSetVM,
    desired: readonly EgressIpConfiguration[],
    call: CloudCall,
  ): Promise<void> {
    const { resourceGroup, name } = scaleSetId(instance);
    const interfaces = instance.networkProfileConfiguration?.networkInterfaceConfigurations ?? [];
    const networkProfileConfiguration = { networkInterfaceConfigurations: withEgressConfigurations(interfaces, desired) };
    await guarded(`update instance ${instance.name ?? ''}`, call, async () =>
      this.#clients.compute.virtualMachineScaleSetVMs.update(
        resourceGroup,
        name,
        instance.instanceId ?? '',
        { location: instance.location, networkProfileConfiguration },
        { abortSignal: call.signal, updateIntervalInMs },
      ),
    );
  }
}

async function guarded<T>(what: string, { signal }: CloudCall, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw toCloudError(what, error);
  }
}

async function absentAsUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isCloudError(error, 'NotFound')) return undefined;
    throw error;
  }
}

function interfacesOf({ virtualMachineProfile }: VirtualMachineScaleSet): readonly VirtualMachineScaleSetNetworkConfiguration[] {
  return virtualMachineProfile?.networkProfile?.networkInterfaceConfigurations ?? [];
}

const scaleSetPattern = /\/resourceGroups\/(?<resourceGroup>[^/]+)\/.*\/virtualMachineScaleSets\/(?<name>[^/]+)/i;

/** Resource group and name of a scale set, also out of the id of something in it. */
function scaleSetId({ id = '' }: { readonly id?: string }): { readonly resourceGroup: string; readonly name: string } {
  const { resourceGroup = '', name = '' } = scaleSetPattern.exec(id)?.groups ?? {};
  return { resourceGroup, name };
}

function poolGone(reference: GatewayPoolReference): CloudError {
  const name = reference.by === 'scaleSet' ? reference.name : reference.nodepoolName;
  return new CloudError({
    what: `change gateway pool ${name}`,
    code: 'NotFound',
    serviceCode: 'ResourceNotFound',
    serviceMessage: 'the pool does not exist',
  });
}

function notOurs(id: string): CloudError {
  return new CloudError({
    what: `create public IP prefix ${id}`,
    code: 'CloudRequestFailed',
    serviceCode: 'PrefixNotOurs',
    serviceMessage: 'a prefix of this name exists and does not carry our tag; delete or rename it',
  });
}
