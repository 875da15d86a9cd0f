import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RegionDatabase } from '../arm/database.ts';
import { idKey } from '../arm/ids.ts';
import { scopesUpTo } from './scopes.ts';

/** Who has which role where. */
export interface Grant {
  /** Object id of a principal. */
  readonly principalId: string;
  /** GUID of a role definition. */
  readonly role: string;
  /** As it was written; empty for `/`. */
  readonly scope: string;
}

export interface RoleAssignment extends Grant {
  /** A GUID, unique at its scope. */
  readonly name: string;
  readonly description: string | null;
  readonly createdOn: string;
  readonly updatedOn: string;
  /** Object ids; empty when the region itself did it. */
  readonly createdBy: string;
  readonly updatedBy: string;
}

/** Who is granted what. Assignments at a resource go with the resource, by a trigger of the database. */
export interface RoleAssignments {
  find(scope: string, name: string): RoleAssignment | undefined;
  /** The assignment that grants just this. */
  findGrant(grant: Grant): RoleAssignment | undefined;
  all(): readonly RoleAssignment[];
  /** Creates it, or changes its description. */
  put(assignment: RoleAssignment): void;
  /** Absent is fine. */
  remove(assignment: Pick<RoleAssignment, 'scope' | 'name'>): void;
  /** Roles that the principal has at this scope or inherits there. */
  rolesOf(principalId: string, scope: string): readonly string[];
  /** Whether the principal has a role somewhere. */
  hasAny(principalId: string): boolean;
  /** Whether anybody has the role. */
  isInUse(role: string): boolean;
  /** Grants it on behalf of the region, unless it is granted already. */
  ensure(grant: Grant): void;
  /** Takes back the grant. Absent is fine. */
  revoke(grant: Grant): void;
}

const row = z.object({
  name: z.string(),
  scope: z.string(),
  role: z.string(),
  principalId: z.string(),
  description: z.string().nullable(),
  createdOn: z.string(),
  updatedOn: z.string(),
  createdBy: z.string(),
  updatedBy: z.string(),
});

const nameRow = row.pick({ name: true });

const columns = 'name, scope, role, principalId, description, createdOn, updatedOn, createdBy, updatedBy';

export function createRoleAssignments(database: RegionDatabase, now: () => Date): RoleAssignments {
  const select = (where: string) => database.query(`SELECT ${columns} FROM roleAssignments ${where}`, row);
  const byName = select('WHERE scopeKey = ? AND name = ?');
  const byGrant = select('WHERE principalId = ? AND scopeKey = ? AND role = ?');
  const all = select('ORDER BY rowid');
  const inherited = database.query(
    'SELECT role FROM roleAssignments WHERE principalId = ? AND scopeKey IN (SELECT value FROM json_each(?))',
    z.object({ role: z.string() }),
  );
  const ofRole = database.query('SELECT name FROM roleAssignments WHERE role = ? LIMIT 1', nameRow);
  const ofPrincipal = database.query('SELECT name FROM roleAssignments WHERE principalId = ? LIMIT 1', nameRow);
  const upsert = database.command(`
    INSERT INTO roleAssignments (scopeKey, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (scopeKey, name) DO UPDATE SET
      description = excluded.description, updatedOn = excluded.updatedOn, updatedBy = excluded.updatedBy`);
  const remove = database.command('DELETE FROM roleAssignments WHERE scopeKey = ? AND name = ?');
  const removeGrant = database.command('DELETE FROM roleAssignments WHERE principalId = ? AND scopeKey = ? AND role = ?');

  const findGrant: RoleAssignments['findGrant'] = ({ principalId, scope, role }) => byGrant.get(principalId, idKey(scope), role);
  const put: RoleAssignments['put'] = (assignment) => {
    const { name, scope, role, principalId, description, createdOn, updatedOn, createdBy, updatedBy } = assignment;
    upsert(idKey(scope), name, scope, role, principalId, description, createdOn, updatedOn, createdBy, updatedBy);
  };

  return {
    find: (scope, name) => byName.get(idKey(scope), name),
    findGrant,
    all: () => all.all(),
    put,
    remove: ({ scope, name }) => {
      remove(idKey(scope), name);
    },
    rolesOf: (principalId, scope) => inherited.all(principalId, JSON.stringify(scopesUpTo(scope))).map(({ role }) => role),
    hasAny: (principalId) => ofPrincipal.get(principalId) !== undefined,
    isInUse: (role) => ofRole.get(role) !== undefined,
    ensure(grant) {
      if (findGrant(grant) !== undefined) return;
      const time = now().toISOString();
      const signed = { createdOn: time, updatedOn: time, createdBy: '', updatedBy: '' };
      put({ ...grant, name: randomUUID(), description: null, ...signed });
    },
    revoke: ({ principalId, scope, role }) => {
      removeGrant(principalId, idKey(scope), role);
    },
  };
}
