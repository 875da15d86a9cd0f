import { z } from 'zod';
import { ArmError, parseBody } from '../arm/errors.ts';
import type { JsonObject } from '../arm/resource.ts';
import type { Permission } from './permissions.ts';
import { subscriptionOf } from './scopes.ts';

export interface RoleDefinition {
  /** A GUID. */
  readonly name: string;
  /** `Network Contributor` */
  readonly roleName: string;
  readonly description: string;
  readonly isBuiltIn: boolean;
  /** The role can be assigned here and below. */
  readonly assignableScopes: readonly string[];
  readonly permissions: readonly Permission[];
  readonly createdOn: string;
  readonly updatedOn: string;
  /** Object ids. */
  readonly createdBy: string;
  readonly updatedBy: string;
}

/** What the owner of a custom role says. */
export type CustomRole = Pick<RoleDefinition, 'roleName' | 'description' | 'assignableScopes' | 'permissions'>;

export const roleDefinitionType = 'Microsoft.Authorization/roleDefinitions';

/** Two wildcards at most keep matching cheap. */
const action = z
  .string()
  .max(400)
  .regex(/^(?:\*|[\w.*-]+(?:\/[\w.*-]+)+)$/, 'is not an action such as Microsoft.Network/publicIPPrefixes/join/action')
  .refine((text) => text.split('*').length <= 3, 'has more than two wildcards');

const actions = z
  .array(action)
  .max(2000)
  .nullish()
  .transform((list) => list ?? []);

const noDataActions = z.array(z.string()).max(0, 'nothing in this region has data actions').nullish();

const permission = z
  .object({ actions, notActions: actions, dataActions: noDataActions, notDataActions: noDataActions })
  .transform(({ actions: given, notActions }) => ({ actions: given, notActions }));

const schema = z.object({
  properties: z.object({
    roleName: z.string().trim().min(1).max(512),
    description: z
      .string()
      .max(2048)
      .nullish()
      .transform((text) => text ?? ''),
    type: z.string().nullish(),
    assignableScopes: z
      .array(z.string().regex(/^\/subscriptions\/[^/]+/i, 'is no subscription, nor anything in one'))
      .min(1)
      .max(200),
    permissions: z.array(permission).min(1).max(10),
  }),
});

/** Throws 400 with every problem. */
export function parseCustomRole(body: unknown): CustomRole {
  const { roleName, description, assignableScopes, permissions } = parseBody(schema, body, 'InvalidRoleDefinition').properties;
  return { roleName, description, assignableScopes, permissions };
}

/** The id as it is seen from `scope`. */
export function roleDefinitionId(name: string, scope: string): string {
  return `${subscriptionOf(scope)}/providers/${roleDefinitionType}/${name}`;
}

/** The GUID in an id of a role definition. Throws 400. */
export function parseRoleDefinitionId(id: string): string {
  const name = /\/providers\/microsoft\.authorization\/roledefinitions\/(?<name>[^/]+)\/?$/i.exec(id)?.groups?.['name'];
  if (name !== undefined) return name.toLowerCase();
  throw new ArmError(400, 'InvalidRoleDefinitionId', `The role definition ID '${id}' is not valid.`, {
    target: 'properties.roleDefinitionId',
  });
}

export function roleDefinitionToWire(role: RoleDefinition, scope: string): JsonObject {
  const { name, roleName, description, isBuiltIn, assignableScopes, permissions } = role;
  const { createdOn, updatedOn, createdBy, updatedBy } = role;
  return {
    id: roleDefinitionId(name, isBuiltIn ? scope : (assignableScopes[0] ?? scope)),
    name,
    type: roleDefinitionType,
    properties: {
      roleName,
      type: isBuiltIn ? 'BuiltInRole' : 'CustomRole',
      description,
      assignableScopes,
      permissions: permissions.map((one) => ({ ...one, dataActions: [], notDataActions: [] })),
      createdOn,
      updatedOn,
      createdBy,
      updatedBy,
    },
  };
}
