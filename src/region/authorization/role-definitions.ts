import { z } from 'zod';
import type { RegionDatabase } from '../arm/database.ts';
import { json } from '../arm/json.ts';
import { builtInRoles } from './built-in-roles.ts';
import { compilePermissions } from './permissions.ts';
import type { RoleDefinition } from './role-definition.ts';

/** The roles of the region: Azure's, and custom ones. */
export interface RoleDefinitions {
  /** By GUID in lower case. */
  find(name: string): RoleDefinition | undefined;
  all(): readonly RoleDefinition[];
  put(role: RoleDefinition): void;
  remove(name: string): void;
  /** Whether the role allows the action; false for a role that does not exist. */
  allows(name: string, action: string): boolean;
}

interface CompiledRole {
  readonly definition: RoleDefinition;
  readonly allows: (action: string) => boolean;
}

const row = z.object({
  // Written by us, from what the parser gave.
  definition: json(z.custom<RoleDefinition>()),
});

export function createRoleDefinitions(database: RegionDatabase): RoleDefinitions {
  const select = database.query('SELECT definition FROM roleDefinitions ORDER BY rowid', row);
  const upsert = database.command(`
    INSERT INTO roleDefinitions (name, definition) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET definition = excluded.definition`);
  const remove = database.command('DELETE FROM roleDefinitions WHERE name = ?');
  const roles = new Map<string, CompiledRole>();
  const keep = (definition: RoleDefinition): void => {
    roles.set(definition.name, { definition, allows: compilePermissions(definition.permissions) });
  };
  for (const role of [...builtInRoles, ...select.all().map(({ definition }) => definition)]) keep(role);
  return {
    find: (name) => roles.get(name)?.definition,
    all: () => [...roles.values()].map(({ definition }) => definition),
    put(role) {
      upsert(role.name, JSON.stringify(role));
      keep(role);
    },
    remove(name) {
      remove(name);
      roles.delete(name);
    },
    allows: (name, action) => roles.get(name)?.allows(action) ?? false,
  };
}
