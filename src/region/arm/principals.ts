import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RegionDatabase } from './database.ts';

/** Somebody who can get tokens: the installation's service principal, or the identity of a resource. */
export interface Principal {
  /** What a client sends as `client_id`. */
  readonly clientId: string;
  /** What role assignments name. */
  readonly objectId: string;
  /** Unique. That of a resource's identity is the resource's id in lower case, and it goes with the resource. */
  readonly displayName: string;
}

/** A service account whose tokens are accepted in place of a secret (workload identity). */
export interface FederatedCredential {
  readonly clientId: string;
  /** `iss` of the service account's tokens. */
  readonly issuer: string;
  /** `system:serviceaccount:NAMESPACE:NAME` */
  readonly subject: string;
}

export interface PrincipalRegistry {
  /** The principal of this unique `displayName`, made if there is none. */
  ensure(displayName: string): Principal;
  find(clientId: string): Principal | undefined;
  findObject(objectId: string): Principal | undefined;
  /** In the order of creation. */
  all(): readonly Principal[];
  /** Takes its federated credentials along. Absent is fine. */
  remove(clientId: string): void;
  federate(credential: FederatedCredential): void;
  /** Absent is fine. */
  unfederate(credential: FederatedCredential): void;
  isFederated(credential: FederatedCredential): boolean;
}

const principalRow = z.object({ clientId: z.string(), objectId: z.string(), displayName: z.string() });

export function createPrincipalRegistry(database: RegionDatabase): PrincipalRegistry {
  const columns = 'clientId, objectId, displayName';
  const byName = database.query(`SELECT ${columns} FROM principals WHERE displayName = ?`, principalRow);
  const byClient = database.query(`SELECT ${columns} FROM principals WHERE clientId = ?`, principalRow);
  const byObject = database.query(`SELECT ${columns} FROM principals WHERE objectId = ?`, principalRow);
  const all = database.query(`SELECT ${columns} FROM principals ORDER BY rowid`, principalRow);
  const insert = database.command('INSERT INTO principals (clientId, objectId, displayName) VALUES (?, ?, ?)');
  const remove = database.command('DELETE FROM principals WHERE clientId = ?');
  const federate = database.command('INSERT OR IGNORE INTO federatedCredentials (clientId, issuer, subject) VALUES (?, ?, ?)');
  const unfederate = database.command('DELETE FROM federatedCredentials WHERE clientId = ? AND issuer = ? AND subject = ?');
  const federated = database.query(
    'SELECT subject FROM federatedCredentials WHERE clientId = ? AND issuer = ? AND subject = ?',
    z.object({ subject: z.string() }),
  );
  return {
    ensure(displayName) {
      const known = byName.get(displayName);
      if (known) return known;
      const principal = { clientId: randomUUID(), objectId: randomUUID(), displayName };
      insert(principal.clientId, principal.objectId, displayName);
      return principal;
    },
    find: (clientId) => byClient.get(clientId.toLowerCase()),
    findObject: (objectId) => byObject.get(objectId.toLowerCase()),
    all: () => all.all(),
    remove: (clientId) => {
      remove(clientId.toLowerCase());
    },
    federate: ({ clientId, issuer, subject }) => {
      federate(clientId.toLowerCase(), issuer, subject);
    },
    unfederate: ({ clientId, issuer, subject }) => {
      unfederate(clientId.toLowerCase(), issuer, subject);
    },
    isFederated: ({ clientId, issuer, subject }) => federated.get(clientId.toLowerCase(), issuer, subject) !== undefined,
  };
}
