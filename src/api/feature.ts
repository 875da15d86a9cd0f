import { systemNamespace } from './names.ts';

/**
 * How whoever installs and removes the product, the operator and the agents agree on its life: a ConfigMap.
 *
 * `data.state` is written by the installer. While it is `removing`, the operator releases the cloud resources of every
 * StaticGatewayConfiguration, takes its finalizers away, adds none, and then writes `data.operator: released`. The worker-agents unchain
 * the plugin at once (`EgressWorker.status.cniChained: false`), guard the pods that are still attached (`status.wanted`), and when none
 * is left take everything of ours off the node; then they report `nodeLeft`. The gateway-agents stop serving, take everything off
 * their nodes and report `nodeLeft`. The installer takes away what is no longer needed: the operator once it has released and every
 * agent has unchained, an agent once it has left its node. Only `enabled` ends a removal, not the end of the ConfigMap.
 */
export const featureConfigMap = { namespace: systemNamespace, name: 'segw-feature' } as const;

export type FeatureState = 'enabled' | 'removing';

/** `data` of the ConfigMap. The installer clears `operator` whenever it changes `state`. */
export interface FeatureData {
  readonly state?: FeatureState;
  readonly operator?: typeof operatorReleased;
}

export const operatorReleased = 'released';

/** `status.reason` of an EgressWorker or a GatewayStatus whose agent has taken everything of ours off the node. */
export const nodeLeft = 'Removed';
