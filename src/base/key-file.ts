import { link, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrno } from './error.ts';
import { readIfExists, writeFileAtomic } from './files.ts';
import { Secret } from './secret.ts';

/** How keys are made; `linux` implements it. */
export interface KeyMaker {
  /** A new private key, base64. */
  generate(): Secret;
  /** Throws `InvalidInput` for what is no private key. */
  publicKeyOf(privateKey: Secret): string;
}

export interface KeyPair {
  readonly privateKey: Secret;
  readonly publicKey: string;
}

/**
 * The node's key pair: from the file, or made once and written with mode 0600. A damaged file is an error, not a reason for a new key:
 * gateways know this one. Throws `InvalidInput`.
 */
export async function ensureKeyPair(path: string, keys: KeyMaker): Promise<KeyPair> {
  const text = (await readIfExists(path)) ?? (await makeKey(path, keys));
  const privateKey = new Secret(text.trim());
  return { privateKey, publicKey: keys.publicKeyOf(privateKey) };
}

/** The file of a pair that its process goes on using: it can go with everything else on the node, and come back. */
export interface KeyFile {
  remove(): Promise<void>;
  /** Writes it again as it was. */
  restore(): Promise<void>;
}

export function keyFileOf(path: string, { privateKey }: Pick<KeyPair, 'privateKey'>): KeyFile {
  return {
    remove: () => rm(path, { force: true }),
    restore: () => writeFileAtomic(path, render(privateKey), { mode: 0o600 }),
  };
}

function render(privateKey: Secret): string {
  return `${privateKey.reveal()}\n`;
}

/** Of two agents that start at once, as in an upgrade, both get the key of the one that was first. */
async function makeKey(path: string, keys: KeyMaker): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${path}.${String(process.pid)}`;
  await writeFileAtomic(own, render(keys.generate()), { mode: 0o600 });
  try {
    await link(own, path);
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
  } finally {
    await rm(own, { force: true });
  }
  return await readFile(path, 'utf8');
}
