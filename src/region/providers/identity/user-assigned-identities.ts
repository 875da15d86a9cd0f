import { z } from 'zod';
import { ArmError, parseBody } from '../../arm/errors.ts';
import { idKey } from '../../arm/ids.ts';
import type { ResourceProvider } from '../../arm/resource-provider.ts';
import type { ResourceBody, ResourceView, StoredResource } from '../../arm/resource.ts';
import { trackedMembers } from '../../arm/tracked-resource.ts';
import { type IdentityPrincipal, userAssignedIdentityType } from '../resource-identity.ts';
import type { RegionWorld } from '../world.ts';

export type StoredIdentity = StoredResource<ResourceBody, IdentityPrincipal>;

const schema = z.object(trackedMembers);

/** Identities that exist by themselves: a principal each, made and gone in the same moment as the resource. */
export function userAssignedIdentities({ principals, tenantId }: RegionWorld): ResourceProvider<ResourceBody, IdentityPrincipal> {
  return {
    type: userAssignedIdentityType,
    parse({ body, existing }) {
      const { location, tags } = parseBody(schema, body);
      return { location: location ?? existing?.body.location, tags };
    },
    validate: ({ name }) => {
      checkName(name);
    },
    plan({ id, existing }) {
      if (existing !== undefined) return { state: existing.state };
      // In the transaction that stores the resource.
      const { clientId, objectId } = principals.ensure(idKey(id));
      return { state: { clientId, principalId: objectId } };
    },
    toWire: ({ state: { clientId, principalId } }) => ({ properties: { tenantId, principalId, clientId } }),
  };
}

export function findUserAssignedIdentity(view: ResourceView, id: string): StoredIdentity | undefined {
  const found = view.get(id);
  return found !== undefined && isUserAssignedIdentity(found) ? found : undefined;
}

function isUserAssignedIdentity(resource: StoredResource): resource is StoredIdentity {
  return resource.type === userAssignedIdentityType;
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9][\w-]{2,127}$/.test(name)) return;
  throw new ArmError(
    400,
    'InvalidResourceName',
    `The name '${name}' of an identity is invalid: 3 to 128 letters, digits, '_' and '-' are allowed, with a letter or digit first.`,
  );
}
