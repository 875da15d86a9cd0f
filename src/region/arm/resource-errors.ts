import { ArmError } from './errors.ts';
import { nameOf, parentOf, type ResourceId, typeOf } from './ids.ts';

/** 404 for a resource, in the words that Azure uses for its kind. `isFlat`: of a service with flat errors. */
export function resourceNotFound(id: ResourceId, { isFlat }: { readonly isFlat: boolean }): ArmError {
  if (id.namespace === undefined)
    return id.resourceGroup === undefined ? subscriptionNotFound(id.subscriptionId) : groupNotFound(id.resourceGroup);
  if (isFlat && parentOf(id) !== undefined)
    return new ArmError(404, 'NotFound', `Could not find ${id.segments.at(-1)?.type ?? ''} '${nameOf(id)}'.`);
  const path = [typeOf(id).split('/')[0], ...id.segments.map(({ type, name }) => `${type}/${name}`)].join('/');
  const place = id.resourceGroup === undefined ? '' : ` under resource group '${id.resourceGroup}'`;
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${path}'${place} was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

export function groupNotFound(resourceGroup: string): ArmError {
  return new ArmError(404, 'ResourceGroupNotFound', `Resource group '${resourceGroup}' could not be found.`);
}

export function subscriptionNotFound(subscriptionId: string): ArmError {
  return new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscriptionId}' could not be found.`);
}

export function parentNotFound(parent: ResourceId): ArmError {
  return new ArmError(
    404,
    'ParentResourceNotFound',
    `Can not perform requested operation on nested resource. Parent resource '${nameOf(parent)}' not found.`,
  );
}

export function beingDeleted(name: string, isGroup: boolean): ArmError {
  return isGroup
    ? new ArmError(
        409,
        'ResourceGroupBeingDeleted',
        `The resource group '${name}' is in deprovisioning state and cannot perform this operation.`,
      )
    : new ArmError(409, 'AnotherOperationInProgress', `'${name}' is being deleted; wait for the end of that operation.`);
}
