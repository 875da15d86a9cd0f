import { ArmError } from '../../arm/errors.ts';
import { parseResourceId, nameOf, sameId } from '../../arm/ids.ts';
import type { RunningOperation } from '../../arm/resource-provider.ts';
import { agentPoolType } from './aks-names.ts';

/** A cluster and its pools have one operation at a time; this is the service's answer to the next one (arm-facts 2). */
export function operationNotAllowed({ resourceId, resourceType, kind }: RunningOperation): ArmError {
  const operation = sameId(resourceType, agentPoolType)
    ? `Another agentpool operation (${nameOf(parseResourceId(resourceId, 'id'))} - ${kind})`
    : `Another operation (${kind})`;
  return new ArmError(
    409,
    'OperationNotAllowed',
    `Operation is not allowed: ${operation} is in progress, please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details`,
  );
}
