import type { GatewayPoolReference } from '../../api/gateway-pool.ts';
import type { GatewayVmConfigurationStatus } from '../../api/gateway-vm-configuration.ts';
import type { StaticGatewayConfiguration } from '../../api/static-gateway-configuration.ts';
import { CloudError } from '../../cloud/cloud-error.ts';
import {
  availableAddresses,
  type CloudCall,
  type CloudProvider,
  type GatewayPool,
  type PublicIpPrefix,
  type WantedIpConfiguration,
} from '../../cloud/cloud-provider.ts';
import { isInPlace } from '../../cloud/pool-change.ts';
import { checkPool, checkPrefix, checkPrefixSubscription, isFinding, otherOwner, type ByoPrefixes } from './acceptance.ts';
import { desiredVmStatus, type PrefixInUse } from './desired.ts';
import { findingOf, isMissingPrefixPermission, type Finding } from './finding.ts';
import type { GatewayPools } from './gateway-pools.ts';
import type { Standing } from './status.ts';

export interface CloudSide {
  readonly provider: CloudProvider;
  readonly pools: GatewayPools;
  readonly byoPrefixes: ByoPrefixes;
}

export interface ProvisionInputs {
  readonly configuration: StaticGatewayConfiguration;
  readonly reference: GatewayPoolReference;
  /** Other configurations that name the same brought prefix. */
  readonly sharers: readonly StaticGatewayConfiguration[];
  /** What was reached so far. */
  readonly previous: GatewayVmConfigurationStatus | undefined;
}

export interface Provisioned {
  readonly standing: Standing;
  /** What the pool has for the configuration now; absent: nothing new is known. */
  readonly vm?: GatewayVmConfigurationStatus;
  /** The call that failed, if one did. */
  readonly error?: CloudError;
  /** Something is under way: look again soon. */
  readonly isUnderWay?: boolean;
}

type Pool = GatewayPool & { readonly prefixLength: number };

const accepted: Finding = { reason: 'Accepted', message: 'The specification is sound, and pool and prefix fit each other.' };
const notYet: Finding = { reason: 'WaitingForAcceptance', message: 'See Accepted.' };

/** Takes the cloud side as far as it goes. A cloud that refuses or fails is part of the answer, not an exception. */
export async function provision(side: CloudSide, inputs: ProvisionInputs, call: CloudCall): Promise<Provisioned> {
  try {
    const pool = checkPool(await side.pools.read(inputs.reference), inputs.reference);
    if (isFinding(pool)) return refused(pool);
    return await provisionOn(side, { ...inputs, pool }, call);
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof CloudError)) throw error;
    return failed(inputs.configuration, error);
  }
}

type PooledInputs = ProvisionInputs & { readonly pool: Pool };

async function provisionOn(side: CloudSide, inputs: PooledInputs, call: CloudCall): Promise<Provisioned> {
  const { configuration, reference, previous, pool } = inputs;
  const configurationUid = uidOf(configuration);
  const prefixId = wantedPrefixId(side.provider, configuration);
  if (isSamePrefix(previous, prefixId) && isInPlace(pool, { configurationUid, prefixId }))
    return inPlace(inputs, pool, prefixOf(previous));

  const prefix = await preparePrefix(side, inputs, call);
  if (prefix && isFinding(prefix)) return refused(prefix);
  const wanted = wantedConfiguration(configurationUid, prefix);
  const result = await side.pools.change(reference, { ensure: [wanted], remove: [] });
  const refusal = result.refused.get(configurationUid);
  if (refusal) return { standing: { accepted, cloud: findingOf(refusal) }, error: refusal };
  await dropUnusedPrefix(side.provider, inputs, call);
  const after = inPlace(inputs, result.pool, prefix);
  const [failure] = isInPlace(result.pool, wanted) ? [] : result.failures;
  return failure ? { ...after, standing: { accepted, cloud: findingOf(failure) }, error: failure } : after;
}

/** Without a prefix: private-IP mode. */
function wantedConfiguration(configurationUid: string, prefix: PublicIpPrefix | undefined): WantedIpConfiguration {
  if (prefix === undefined) return { configurationUid };
  return { configurationUid, prefixId: prefix.id, availableAddresses: availableAddresses(prefix, configurationUid) };
}

/** Whether what was reached so far is with this prefix; with another one, that one may still have to go. */
function isSamePrefix(
  previous: GatewayVmConfigurationStatus | undefined,
  prefixId: string | undefined,
): previous is GatewayVmConfigurationStatus {
  return previous !== undefined && previous.publicIpPrefixId?.toLowerCase() === prefixId?.toLowerCase();
}

function inPlace({ configuration }: PooledInputs, pool: GatewayPool, prefix: PrefixInUse | undefined): Provisioned {
  const vm = desiredVmStatus(configuration, pool, prefix);
  const complete = vm.gatewayVmProfiles?.length ?? 0;
  if (pool.instances.length === 0)
    return {
      vm,
      standing: { accepted, cloud: { reason: 'NoGatewayNodes', message: 'The pool has no nodes. Scale it to two or more.' } },
    };
  if (complete < pool.instances.length) {
    const message = `${String(complete)} of ${String(pool.instances.length)} nodes have their addresses.`;
    return { vm, standing: { accepted, cloud: { reason: 'Provisioning', message } }, isUnderWay: true };
  }
  const message = `Prefix and IP configurations are in place on ${String(complete)} nodes.`;
  return { vm, standing: { accepted, cloud: { reason: 'CloudResourcesReady', message } } };
}

/** The prefix that the addresses are to come from: brought, own, or none in private-IP mode. */
function wantedPrefixId(provider: CloudProvider, configuration: StaticGatewayConfiguration): string | undefined {
  const { provisionPublicIps, publicIpPrefixId } = configuration.spec;
  if (!provisionPublicIps) return undefined;
  return publicIpPrefixId || provider.ownPrefixId(uidOf(configuration));
}

/** A prefix that is in use cannot go or change, so what is known of it stays true. */
function prefixOf({ publicIpPrefixId: id, egressIpPrefix: cidr }: GatewayVmConfigurationStatus): PrefixInUse | undefined {
  return id === undefined || cidr === undefined ? undefined : { id, cidr };
}

async function preparePrefix(
  { provider, byoPrefixes }: CloudSide,
  { configuration, pool, sharers }: PooledInputs,
  call: CloudCall,
): Promise<PublicIpPrefix | Finding | undefined> {
  const { provisionPublicIps, publicIpPrefixId: prefixId } = configuration.spec;
  const { name, namespace = '' } = configuration.metadata;
  if (!provisionPublicIps) return undefined;
  if (!prefixId) {
    const { location, prefixLength } = pool;
    const request = { configurationUid: uidOf(configuration), configurationName: `${namespace}/${name}`, location, prefixLength };
    return await provider.ensureOwnPrefix(request, call);
  }
  const elsewhere = checkPrefixSubscription(prefixId, pool) ?? checkOwner(configuration, sharers, prefixId);
  if (elsewhere) return elsewhere;
  const prefix = await provider.readPrefix(prefixId, call);
  return checkPrefix({ prefixId, prefix, pool, configuration, byoPrefixes }) ?? prefix;
}

function checkOwner(
  configuration: StaticGatewayConfiguration,
  sharers: readonly StaticGatewayConfiguration[],
  prefixId: string,
): Finding | undefined {
  const owner = otherOwner(configuration, sharers);
  if (owner === undefined) return undefined;
  const { name, namespace = '' } = owner.metadata;
  const message = `Prefix ${prefixId} belongs to StaticGatewayConfiguration ${namespace}/${name}. Bring another one, or delete that.`;
  return { reason: 'PrefixInUse', message };
}

/** A configuration that had a prefix of its own, and now brings one or needs none. */
async function dropUnusedPrefix(
  provider: CloudProvider,
  { configuration, previous }: PooledInputs,
  call: CloudCall,
): Promise<void> {
  const own = provider.ownPrefixId(uidOf(configuration)).toLowerCase();
  const isOwnWanted = wantedPrefixId(provider, configuration)?.toLowerCase() === own;
  if (isOwnWanted || previous?.publicIpPrefixId?.toLowerCase() !== own) return;
  await provider.deleteOwnPrefix(uidOf(configuration), call);
}

function refused(finding: Finding): Provisioned {
  return { standing: { accepted: finding, cloud: notYet } };
}

/** A configuration that was accepted once does not lose that because a call fails; one that cannot use its prefix does. */
function failed({ spec, status, metadata }: StaticGatewayConfiguration, error: CloudError): Provisioned {
  const prefixId = spec.publicIpPrefixId;
  if (prefixId && isMissingPrefixPermission(error, prefixId)) {
    const message = `${error.message}. Give the operator's identity the role "Network Contributor" on the prefix.`;
    return { ...refused({ reason: 'PrefixPermissionMissing', message }), error };
  }
  const finding = findingOf(error);
  const wasAccepted = status?.conditions?.some(
    ({ type, status: holds, observedGeneration }) =>
      type === 'Accepted' && holds === 'True' && observedGeneration === metadata.generation,
  );
  return { standing: wasAccepted ? { accepted, cloud: finding } : { accepted: finding, cloud: notYet }, error };
}

function uidOf({ metadata }: StaticGatewayConfiguration): string {
  return metadata.uid ?? '';
}
