import type { ConditionReason } from '../api/conditions.ts';
import type { StaticGatewayConfiguration } from '../api/static-gateway-configuration.ts';
import { SegwError } from '../base/error.ts';
import type { GatewayState } from '../dataplane/model.ts';
import type { NotReady } from './cluster-networks.ts';
import type { Surroundings } from './surroundings.ts';

/** What the agent knows when it decides. */
export interface Knowledge {
  /** Whether everything has been read from the API server since the agent started. */
  readonly isSynced: boolean;
  /** The feature is being removed: a pod that starts again is started without the plugin. */
  readonly isRemoving: boolean;
  readonly notReady: NotReady | undefined;
  readonly surroundings: Surroundings | undefined;
  findConfiguration(key: string): StaticGatewayConfiguration | undefined;
  stateOf(gateway: number): GatewayState;
}

/**
 * `wait`: what is missing comes by itself, most likely soon; `error` is what to say if it does not. `absent`: it comes in a moment, if
 * it was made together with the pod, or never. `refuse`: somebody has to do something.
 */
export type Admission =
  | { readonly kind: 'admit' }
  | { readonly kind: 'absent'; readonly error: SegwError }
  | { readonly kind: 'wait'; readonly error: SegwError }
  | { readonly kind: 'refuse'; readonly error: SegwError };

/** Whether a pod may use the SGC `key` on this node now (design.md section 5, "Pod start"). */
export function admit(key: string, knowledge: Knowledge): Admission {
  const { isSynced, notReady, surroundings } = knowledge;
  const refusal = whyRefused(knowledge);
  if (refusal) return refusal;
  if (!isSynced) return wait('AgentStarting', 'the worker-agent has not read the cluster from the API server yet');
  const configuration = knowledge.findConfiguration(key);
  if (!configuration) return absent(key);
  const unready = whyUnready(key, configuration);
  if (unready) return unready;
  if (notReady)
    return wait(notReady.reason === 'WaitingForOperator' ? 'LabelMissing' : 'ClusterNetworksUnknown', notReady.message);
  const sgc = surroundings?.sgcs.find(({ uid }) => uid === configuration.metadata.uid);
  if (!sgc) return wait('LabelMissing', `StaticGatewayConfiguration ${key} has no label on this node yet`);
  if (sgc.gateways.length === 0)
    return wait('AcknowledgementMissing', `no gateway of StaticGatewayConfiguration ${key} has acknowledged this node yet`);
  if (sgc.gateways.every((number) => knowledge.stateOf(number) === 'dead'))
    return wait('AcknowledgementMissing', `no gateway of StaticGatewayConfiguration ${key} can be reached from this node`);
  return { kind: 'admit' };
}

/** Nobody's configuration helps. */
function whyRefused({ isRemoving, notReady }: Knowledge): Admission | undefined {
  if (isRemoving) return refuse('FeatureRemoved', 'static egress gateway is being removed from the cluster');
  return notReady?.reason === 'GatewayNode' ? refuse('GatewayNodeRefused', notReady.message) : undefined;
}

function whyUnready(key: string, { status }: StaticGatewayConfiguration): Admission | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  if (!ready) return wait('ConfigurationNotReady', `StaticGatewayConfiguration ${key} is new: the operator has not answered yet`);
  const message = `StaticGatewayConfiguration ${key} is not ready: ${ready.reason}: ${ready.message}`;
  return passing.has(ready.reason) ? wait('ConfigurationNotReady', message) : refuse('ConfigurationNotReady', message);
}

/** Steps on the way to readiness. Everything else stays until somebody acts, or for longer than a pod should wait. */
const passing: ReadonlySet<string> = new Set<ConditionReason>([
  'Provisioning',
  'WaitingForAcceptance',
  'WaitingForCloud',
  'WaitingForGateways',
]);

type AdmissionCode =
  | 'AcknowledgementMissing'
  | 'AgentStarting'
  | 'ClusterNetworksUnknown'
  | 'ConfigurationNotReady'
  | 'FeatureRemoved'
  | 'GatewayNodeRefused'
  | 'LabelMissing';

function absent(key: string): Admission {
  const message = `StaticGatewayConfiguration ${key} does not exist`;
  return { kind: 'absent', error: new SegwError('ConfigurationMissing', message, { retryable: true }) };
}

function wait(code: AdmissionCode, message: string): Admission {
  return { kind: 'wait', error: new SegwError(code, message, { retryable: true }) };
}

function refuse(code: AdmissionCode, message: string): Admission {
  return { kind: 'refuse', error: new SegwError(code, message, { retryable: code !== 'GatewayNodeRefused' }) };
}
