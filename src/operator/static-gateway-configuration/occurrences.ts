import type { StaticGatewayConfigurationStatus } from '../../api/static-gateway-configuration.ts';
import { findCondition } from '../../kube/conditions.ts';
import type { Occurrence } from '../../kube/events.ts';

/** What is worth an event when one status follows another: where `Ready` moved, and another prefix. Pure. */
export function occurrencesBetween(
  before: StaticGatewayConfigurationStatus | undefined,
  after: StaticGatewayConfigurationStatus,
): readonly Occurrence[] {
  return [...prefixOccurrences(before, after), ...readyOccurrences(before, after)];
}

function prefixOccurrences(
  before: StaticGatewayConfigurationStatus | undefined,
  { egressIpPrefix }: StaticGatewayConfigurationStatus,
): readonly Occurrence[] {
  if (egressIpPrefix === undefined || egressIpPrefix === before?.egressIpPrefix) return [];
  return [{ type: 'Normal', reason: 'EgressAddressesAssigned', action: 'Provision', note: `Pods leave by ${egressIpPrefix}.` }];
}

/** Waiting is no news: a configuration that is new always waits a while. */
function readyOccurrences(
  before: StaticGatewayConfigurationStatus | undefined,
  after: StaticGatewayConfigurationStatus,
): readonly Occurrence[] {
  const is = findCondition(after.conditions, 'Ready');
  const was = findCondition(before?.conditions, 'Ready');
  const wasReady = was?.status === 'True';
  if (is === undefined || is.reason === was?.reason || (isWaiting(is.reason) && !wasReady)) return [];
  // On the way up, some gateways are better than none; on the way down it is a warning.
  const isGood = is.status === 'True' && (is.reason !== 'SomeGatewaysNotReady' || !wasReady);
  return [{ type: isGood ? 'Normal' : 'Warning', reason: is.reason, action: 'Reconcile', note: is.message }];
}

function isWaiting(reason: string): boolean {
  return reason === 'Provisioning' || reason.startsWith('WaitingFor');
}
