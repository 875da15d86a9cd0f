import type { JsonObject } from '../../arm/resource.ts';
import type { AgentPool } from './cluster-records.ts';
import { nodeImageVersion, patchVersion } from './kubernetes-version.ts';

/** The wire `properties` (arm-facts 3.2), without the provisioning state. What they answer is acceptable in a PUT. */
export function toAgentPoolProperties({ body, etag }: AgentPool): JsonObject {
  const { gatewayProfile, ...properties } = body.properties;
  return {
    eTag: etag,
    ...properties,
    ...(gatewayProfile === undefined ? {} : { gatewayProfile: { ...gatewayProfile } }),
    orchestratorVersion: patchVersion,
    currentOrchestratorVersion: patchVersion,
    nodeImageVersion,
    powerState: { code: 'Running' },
  };
}
