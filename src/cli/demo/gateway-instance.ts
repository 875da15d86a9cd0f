import { SegwError } from '../../base/error.ts';

/** A scale-set instance, as the compute SDK names it. */
export interface GatewayInstance {
  readonly resourceGroup: string;
  readonly scaleSet: string;
  readonly instanceId: string;
}

const form =
  /^azure:\/\/\/subscriptions\/[^/]+\/resourceGroups\/(?<group>[^/]+)\/providers\/Microsoft\.Compute\/virtualMachineScaleSets\/(?<set>[^/]+)\/virtualMachines\/(?<id>[^/]+)$/i;

/** The instance behind a node, from its `spec.providerID`. Throws `InvalidInput` when it is no scale-set instance. */
export function parseProviderId(providerId: string): GatewayInstance {
  const parts = form.exec(providerId)?.groups;
  if (!parts) throw new SegwError('InvalidInput', `providerID: "${providerId}" names no scale-set instance of Azure`);
  return { resourceGroup: parts['group'] ?? '', scaleSet: parts['set'] ?? '', instanceId: parts['id'] ?? '' };
}
