import { conditionOf, type Condition, type DesiredCondition } from '../../api/condition.ts';
import { conditionTypes } from '../../api/conditions.ts';
import type { GatewayVmConfigurationStatus } from '../../api/gateway-vm-configuration.ts';
import type { StaticGatewayConfiguration, StaticGatewayConfigurationStatus } from '../../api/static-gateway-configuration.ts';
import { definedOnly } from '../../base/defined.ts';
import { setConditions } from '../../kube/conditions.ts';
import type { Finding } from './finding.ts';
import type { Gateway } from './gateways.ts';

/** How far the configuration has come. */
export interface Standing {
  readonly accepted: Finding;
  readonly cloud: Finding;
}

export interface Usage {
  readonly workerNodes: number;
  readonly attachedPods: number;
}

interface StatusInputs {
  readonly configuration: StaticGatewayConfiguration;
  readonly standing: Standing;
  readonly vm: GatewayVmConfigurationStatus | undefined;
  readonly gateways: readonly Gateway[];
  readonly usage: Usage;
  readonly now: Date;
}

/** As the API server allows. */
const maxMessageLength = 4096;

/** The whole status of a configuration. Pure. */
export function desiredStatus({
  configuration,
  standing,
  vm,
  gateways,
  usage,
  now,
}: StatusInputs): StaticGatewayConfigurationStatus {
  const ready = gateways.filter(({ state }) => state === 'Ready');
  return {
    ...definedOnly({
      observedGeneration: configuration.metadata.generation,
      egressIpPrefix: vm?.egressIpPrefix,
      gatewayServerProfile: serverProfileOf(ready),
    }),
    gateways: gateways.map(({ node, endpoint, egressAddress, state }) => ({
      node,
      egressAddress,
      state,
      ...definedOnly({ endpoint }),
    })),
    readyGateways: ready.length,
    ...usage,
    conditions: desiredConditions(configuration, summedUp(standing, gateways), now),
  };
}

/** The status of a configuration that is being deleted: the conditions say so, the rest stays as it was. */
export function deletingStatus(
  configuration: StaticGatewayConfiguration,
  message: string,
  now: Date,
): StaticGatewayConfigurationStatus {
  const conditions = conditionTypes.map((type) => conditionOf(type, 'Deleting', message));
  return { ...configuration.status, conditions: desiredConditions(configuration, conditions, now) };
}

function desiredConditions(
  { status, metadata }: StaticGatewayConfiguration,
  desired: readonly DesiredCondition[],
  now: Date,
): Condition[] {
  const { generation } = metadata;
  const complete = desired.map((condition) => ({
    ...condition,
    message: condition.message.slice(0, maxMessageLength),
    ...(generation !== undefined && { observedGeneration: generation }),
  }));
  const conditions = setConditions<Condition['type']>(status?.conditions ?? [], complete, now);
  return conditions.map(({ observedGeneration, ...rest }) => ({ ...rest, ...definedOnly({ observedGeneration }) }));
}

/** Ready while a gateway serves; else it takes over the first condition that does not hold. */
function summedUp({ accepted, cloud }: Standing, gateways: readonly Gateway[]): readonly DesiredCondition[] {
  const parts = [
    conditionOf('Accepted', accepted.reason, accepted.message),
    conditionOf('CloudReady', cloud.reason, cloud.message),
  ] as const;
  const gatewaysReady = gatewaysCondition(parts, gateways);
  const all = [...parts, gatewaysReady];
  const decisive =
    gatewaysReady.status === 'True' ? gatewaysReady : (all.find(({ status }) => status !== 'True') ?? gatewaysReady);
  return [{ ...decisive, type: 'Ready' }, ...all];
}

function gatewaysCondition(
  [accepted, cloud]: readonly [DesiredCondition, DesiredCondition],
  gateways: readonly Gateway[],
): DesiredCondition {
  const ready = gateways.filter(({ state }) => state === 'Ready');
  const others = gateways.filter(({ state }) => state !== 'Ready');
  if (gateways.length === 0) {
    if (accepted.status !== 'True') return conditionOf('GatewaysReady', 'WaitingForAcceptance', 'See Accepted.');
    if (cloud.status !== 'True') return conditionOf('GatewaysReady', 'WaitingForCloud', 'See CloudReady.');
  }
  const why = others.map(({ node, why: reason = '' }) => `${node}: ${reason}`).join('; ');
  if (ready.length === 0) return withoutReadyGateway(gateways, why);
  if (others.length > 0)
    return conditionOf(
      'GatewaysReady',
      'SomeGatewaysNotReady',
      `${String(ready.length)} of ${String(gateways.length)} gateways serve. Not: ${why}.`,
    );
  return conditionOf('GatewaysReady', 'AllGatewaysReady', `${String(ready.length)} gateways serve.`);
}

function withoutReadyGateway(gateways: readonly Gateway[], why: string): DesiredCondition {
  const draining = gateways.filter(({ state }) => state === 'Draining').length;
  // The last gateways get new connections also while they drain.
  if (draining > 0)
    return conditionOf(
      'GatewaysReady',
      'SomeGatewaysNotReady',
      `${String(draining)} of ${String(gateways.length)} gateways serve on while they drain, and none is ready: ${why}.`,
    );
  return gateways.some(({ hasAcknowledged }) => hasAcknowledged)
    ? conditionOf('GatewaysReady', 'NoGatewayReady', `No gateway serves: ${why}. Pods reach nothing outside meanwhile.`)
    : conditionOf('GatewaysReady', 'WaitingForGateways', `No gateway has acknowledged the configuration yet: ${why}.`);
}

function serverProfileOf(ready: readonly Gateway[]): StaticGatewayConfigurationStatus['gatewayServerProfile'] {
  for (const { endpoint, publicKey } of ready) {
    const [ip = '', port = ''] = endpoint?.split(':') ?? [];
    if (ip !== '' && port !== '' && publicKey !== undefined) return { ip, port: Number(port), publicKey };
  }
  return undefined;
}
