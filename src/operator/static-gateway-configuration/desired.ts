import type {
  GatewayVmConfiguration,
  GatewayVmConfigurationSpec,
  GatewayVmConfigurationStatus,
  GatewayVmProfile,
} from '../../api/gateway-vm-configuration.ts';
import { staticGatewayConfigurationKind, type StaticGatewayConfiguration } from '../../api/static-gateway-configuration.ts';
import { definedOnly } from '../../base/defined.ts';
import type { GatewayPool } from '../../cloud/cloud-provider.ts';
import type { Applied } from '../../kube/client.ts';
import { controllerReference } from '../../kube/owner-reference.ts';

/** The prefix that the addresses come from. */
export interface PrefixInUse {
  readonly id: string;
  readonly cidr: string;
}

/** The GatewayVMConfiguration of a configuration, without its status. */
export function desiredVmConfiguration(configuration: StaticGatewayConfiguration): Applied<GatewayVmConfiguration> {
  const { name, namespace } = configuration.metadata;
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ownerReferences: [controllerReference(staticGatewayConfigurationKind, configuration)],
    },
    spec: desiredVmSpec(configuration),
  };
}

export function desiredVmSpec({ spec }: StaticGatewayConfiguration): GatewayVmConfigurationSpec {
  const { gatewayNodepoolName, gatewayVmssProfile, provisionPublicIps, publicIpPrefixId } = spec;
  return { provisionPublicIps, ...definedOnly({ gatewayNodepoolName, gatewayVmssProfile, publicIpPrefixId }) };
}

/** Its status: what the pool has for the configuration. `prefix` is absent in private-IP mode. */
export function desiredVmStatus(
  { metadata }: StaticGatewayConfiguration,
  pool: GatewayPool,
  prefix: PrefixInUse | undefined,
): GatewayVmConfigurationStatus {
  const { uid = '', generation = 0 } = metadata;
  const gatewayVmProfiles = profilesOf(pool, uid, prefix);
  const addresses = gatewayVmProfiles.map(({ secondaryAddress }) => secondaryAddress).join(',');
  const egressIpPrefix = prefix?.cidr ?? addresses;
  return {
    configurationUid: uid,
    configurationGeneration: generation,
    ...(prefix && { publicIpPrefixId: prefix.id }),
    ...(egressIpPrefix !== '' && { egressIpPrefix }),
    gatewayVmProfiles,
  };
}

/** Nodes whose addresses are complete; ordered by name. */
function profilesOf({ instances }: GatewayPool, uid: string, prefix: PrefixInUse | undefined): GatewayVmProfile[] {
  return instances
    .flatMap(({ nodeName, primaryAddress, egress }): GatewayVmProfile[] => {
      const { privateAddress, publicAddress } = egress.find(({ configurationUid }) => configurationUid === uid) ?? {};
      if (primaryAddress === undefined || privateAddress === undefined) return [];
      if (prefix === undefined) return [{ nodeName, primaryAddress, secondaryAddress: privateAddress }];
      return publicAddress === undefined ? [] : [{ nodeName, primaryAddress, secondaryAddress: privateAddress, publicAddress }];
    })
    .sort((a, b) => (a.nodeName < b.nodeName ? -1 : 1));
}
