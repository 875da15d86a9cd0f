import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { z } from 'zod';
import { messageOf, SegwError } from '../../base/error.ts';

/** A prepared SELECT. */
export interface Query<Row> {
  get(...values: readonly SQLInputValue[]): Row | undefined;
  all(...values: readonly SQLInputValue[]): readonly Row[];
}

/** A prepared statement that writes. */
export type Command = (...values: readonly SQLInputValue[]) => void;

export interface RegionDatabase {
  /** `row`: what its rows look like; anything else in the file is an error. */
  query<Row>(sql: string, row: z.ZodType<Row>): Query<Row>;
  command(sql: string): Command;
  /** All of `work`'s writes or, when it throws, none. Nested calls join the outer one. */
  transaction<T>(work: () => T): T;
  close(): void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS resources (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL,
    body TEXT NOT NULL, state TEXT NOT NULL, etag TEXT NOT NULL, provisioningState TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS operations (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, resourceId TEXT NOT NULL, resourceType TEXT NOT NULL,
    scope TEXT NOT NULL, kind TEXT NOT NULL, task TEXT NOT NULL, status TEXT NOT NULL, error TEXT, startTime TEXT NOT NULL,
    endTime TEXT) STRICT;
  CREATE INDEX IF NOT EXISTS operationsByStatus ON operations (status, sequence);
  CREATE TABLE IF NOT EXISTS principals (clientId TEXT PRIMARY KEY, objectId TEXT NOT NULL, displayName TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS federatedCredentials (
    clientId TEXT NOT NULL REFERENCES principals ON DELETE CASCADE, issuer TEXT NOT NULL, subject TEXT NOT NULL,
    PRIMARY KEY (clientId, issuer, subject)) STRICT;
  CREATE TABLE IF NOT EXISTS featureFlags (name TEXT PRIMARY KEY, wanted TEXT NOT NULL, since TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY AUTOINCREMENT, spec TEXT NOT NULL, remaining INTEGER, hits INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS scheduledEvents (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, scaleSetUid TEXT NOT NULL, vmId TEXT NOT NULL,
    type TEXT NOT NULL, status TEXT NOT NULL, notBefore TEXT NOT NULL, description TEXT NOT NULL, source TEXT NOT NULL,
    durationSeconds INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS scheduledEventDocuments (scaleSetUid TEXT PRIMARY KEY, incarnation INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS clientSecrets (
    keyId TEXT PRIMARY KEY, clientId TEXT NOT NULL REFERENCES principals ON DELETE CASCADE, displayName TEXT NOT NULL,
    hint TEXT NOT NULL, digest TEXT NOT NULL, startDateTime TEXT NOT NULL, endDateTime TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS roleDefinitions (name TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS roleAssignments (
    scopeKey TEXT NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, role TEXT NOT NULL, principalId TEXT NOT NULL, description TEXT,
    createdOn TEXT NOT NULL, updatedOn TEXT NOT NULL, createdBy TEXT NOT NULL, updatedBy TEXT NOT NULL,
    PRIMARY KEY (scopeKey, name)) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS roleAssignmentsByGrant ON roleAssignments (principalId, scopeKey, role);
  CREATE TRIGGER IF NOT EXISTS resourceGone AFTER DELETE ON resources BEGIN
    DELETE FROM principals WHERE displayName = OLD.key;
    DELETE FROM roleAssignments WHERE scopeKey = OLD.key;
  END;
  CREATE TABLE IF NOT EXISTS installation (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

/** Opens the region's one SQLite file; a new one is created with mode 0600. `:memory:` for tests. Throws `StateDamaged`. */
export async function openDatabase(path: string): Promise<RegionDatabase> {
  if (path !== ':memory:') await createPrivately(path);
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
    database.exec(schema);
  } catch (error) {
    database.close();
    throw isDamage(error) ? new SegwError('StateDamaged', `${path}: ${messageOf(error)}`, { cause: error }) : error;
  }
  return toRegionDatabase(database);
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
function isDamage(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 11 || error.errcode === 26);
}

async function createPrivately(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a', 0o600);
  await file.close();
}

function toRegionDatabase(database: DatabaseSync): RegionDatabase {
  let depth = 0;
  return {
    query(sql, row) {
      const statement = database.prepare(sql);
      return {
        get: (...values) => row.optional().parse(statement.get(...values)),
        all: (...values) => statement.all(...values).map((columns) => row.parse(columns)),
      };
    },
    command(sql) {
      const statement = database.prepare(sql);
      return (...values) => {
        statement.run(...values);
      };
    },
    transaction(work) {
      if (depth > 0) return work();
      database.exec('BEGIN IMMEDIATE');
      depth += 1;
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      } finally {
        depth -= 1;
      }
    },
    close: () => {
      database.close();
    },
  };
}
