import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { Secret } from '../../base/secret.ts';
import type { RegionDatabase } from './database.ts';

/** A client secret, without the secret. Times in ISO 8601. */
export interface ClientSecret {
  readonly keyId: string;
  readonly clientId: string;
  readonly displayName: string;
  /** Its first three characters. */
  readonly hint: string;
  readonly startDateTime: string;
  readonly endDateTime: string;
}

/** The secrets of service principals that were made in the directory. Only digests are kept. */
export interface ClientSecrets {
  /** The only time that it can be read. */
  add(request: Pick<ClientSecret, 'clientId' | 'displayName' | 'endDateTime'>): ClientSecret & { readonly secret: Secret };
  of(clientId: string): readonly ClientSecret[];
  /** Absent is fine. */
  remove(secret: Pick<ClientSecret, 'clientId' | 'keyId'>): void;
  /** Whether this is a secret of the client now. */
  accepts(clientId: string, given: string): boolean;
}

const row = z.object({
  keyId: z.string(),
  clientId: z.string(),
  displayName: z.string(),
  hint: z.string(),
  startDateTime: z.string(),
  endDateTime: z.string(),
});

const digestRow = z.object({ digest: z.string() });

export function createClientSecrets(database: RegionDatabase, now: () => Date): ClientSecrets {
  const columns = 'keyId, clientId, displayName, hint, startDateTime, endDateTime';
  const ofClient = database.query(`SELECT ${columns} FROM clientSecrets WHERE clientId = ? ORDER BY rowid`, row);
  const valid = database.query('SELECT digest FROM clientSecrets WHERE clientId = ? AND endDateTime > ?', digestRow);
  const insert = database.command(`INSERT INTO clientSecrets (${columns}, digest) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const remove = database.command('DELETE FROM clientSecrets WHERE clientId = ? AND keyId = ?');
  return {
    add({ clientId, displayName, endDateTime }) {
      const secret = randomBytes(30).toString('base64url');
      const keyId = randomUUID();
      const startDateTime = now().toISOString();
      const hint = secret.slice(0, 3);
      insert(keyId, clientId, displayName, hint, startDateTime, endDateTime, digestOf(secret).toString('hex'));
      return { keyId, clientId, displayName, hint, startDateTime, endDateTime, secret: new Secret(secret) };
    },
    of: (clientId) => ofClient.all(clientId),
    remove: ({ clientId, keyId }) => {
      remove(clientId, keyId);
    },
    accepts(clientId, given) {
      const digest = digestOf(given);
      return valid.all(clientId, now().toISOString()).some((one) => timingSafeEqual(digest, Buffer.from(one.digest, 'hex')));
    },
  };
}

/** Takes the same time whatever is in them. */
export function isSameSecret(given: string, secret: Secret): boolean {
  return timingSafeEqual(digestOf(given), digestOf(secret.reveal()));
}

/** A plain digest will do: secrets are made here, out of 240 random bits. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
