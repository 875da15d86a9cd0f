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

/** An installation has this many ports: Azure Resource Manager first, clusters' API servers from the third on. */
export const portsPerInstallation = 16;
const lowestAllowed = 1024; // what is below is root's
const highestAllowed = 65_535 - portsPerInstallation;
const lowestPort = 17_000;
const installations = 900; // 17000 to 31399: below the kernel's usual range for outgoing connections

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads SEGW_STATE_DIR, SEGW_CACHE_DIR and SEGW_PORT (first of 16 loopback ports); an empty one counts as not set. Throws `InvalidInput`
 * that names every wrong variable.
 */
export function parseSettings(env: Environment): Settings {
  const stateDir =
    folderOf(env, 'SEGW_STATE_DIR') ?? join(folderOf(env, 'XDG_STATE_HOME') ?? join(homedir(), '.local/state'), 'segw');
  const cacheDir = folderOf(env, 'SEGW_CACHE_DIR') ?? join(folderOf(env, 'XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'segw');
  const given = env['SEGW_PORT'] ?? '';
  const problems = [
    ...folderProblems('SEGW_STATE_DIR', stateDir),
    ...folderProblems('SEGW_CACHE_DIR', cacheDir),
    ...(given === '' ? [] : portProblems(given)),
  ];
  if (problems.length > 0)
    throw new SegwError('InvalidInput', problems.join('; '), { remedy: 'Correct the variable, or unset it.' });
  const installation = createHash('sha256').update(stateDir).digest('hex').slice(0, 8);
  const port = given === '' ? derivedPort(installation) : Number(given);
  return { stateDir, cacheDir, installation, armPort: port, firstApiPort: port + 2 };
}

/** An empty variable must not become the current folder: `down --purge` deletes what it names. */
function folderOf(env: Environment, variable: string): string | undefined {
  const text = env[variable] ?? '';
  return text === '' ? undefined : resolve(text);
}

/** Paths of both folders stand in lists: the layers of an overlay, the programs of a machine, PATH. */
function folderProblems(variable: string, folder: string): readonly string[] {
  return /[:,\\\n]/.test(folder)
    ? [`${variable}: "${folder}" is not allowed; an absolute path without colon, comma, backslash and line end is`]
    : [];
}

function derivedPort(installation: string): number {
  return lowestPort + portsPerInstallation * (Number.parseInt(installation, 16) % installations);
}

function portProblems(text: string): readonly string[] {
  const isAllowed = /^\d{4,5}$/.test(text) && Number(text) >= lowestAllowed && Number(text) <= highestAllowed;
  return isAllowed
    ? []
    : [`SEGW_PORT: "${text}" is not allowed; a number from ${String(lowestAllowed)} to ${String(highestAllowed)} is`];
}
