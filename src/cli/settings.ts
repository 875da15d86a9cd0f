import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { SegwError } from '../base/error.ts';

/** Where an installation lives and which loopback ports it has: everything derives from the two folders. */
export interface Settings {
  /** The region's state: database, disks, keys. Deleting it is `segw down --purge`. */
  readonly stateDir: string;
  /** What can be fetched or built again: binaries, Debian roots, images, Go's caches. */
  readonly cacheDir: string;
  /** Eight hexadecimal digits of the state folder's name: tells two installations on one machine apart. */
  readonly installation: string;
  /** `https://127.0.0.1:armPort` is Azure Resource Manager. */
  readonly armPort: number;
  /** First of the loopback ports that clusters' API servers get. */
  readonly firstApiPort: number;
}

const portsPerInstallation = 16;
const lowestPort = 17_000;
const installations = 900; // 17000 to 31399: below the kernel's usual range for outgoing connections

/** Reads SEGW_STATE_DIR, SEGW_CACHE_DIR and SEGW_PORT (first of 16 loopback ports). Throws `InvalidInput` that names every wrong variable. */
export function parseSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const stateDir = resolve(env['SEGW_STATE_DIR'] ?? join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'segw'));
  const cacheDir = resolve(env['SEGW_CACHE_DIR'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'segw'));
  const installation = createHash('sha256').update(stateDir).digest('hex').slice(0, 8);
  const port = env['SEGW_PORT'] === undefined ? derivedPort(installation) : parsePort(env['SEGW_PORT']);
  return { stateDir, cacheDir, installation, armPort: port, firstApiPort: port + 2 };
}

function derivedPort(installation: string): number {
  return lowestPort + portsPerInstallation * (Number.parseInt(installation, 16) % installations);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1024 && port <= 65_535 - portsPerInstallation) return port;
  throw new SegwError(
    'InvalidInput',
    `SEGW_PORT: "${text}" is not allowed; a number from 1024 to ${String(65_535 - portsPerInstallation)} is`,
  );
}
