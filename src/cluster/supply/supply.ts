import { silentProgress, type Progress } from '../../base/progress.ts';
import { hostArchitecture, type Architecture } from './architecture.ts';
import { binaryNames, ensureBinary, type BinaryName, type TestBinaryName } from './binaries.ts';
import { ensureImage, imageNames, type SuppliedImage } from './images.ts';
import { ensureRoot, rootNames, type RootName } from './roots.ts';
import type { SupplyContext } from './supply-context.ts';

export interface SupplyOptions {
  /** Absolute. Everything below it can be made again. */
  readonly cacheDir: string;
  /** Absolute: the folder that holds `deploy`. */
  readonly repositoryDir: string;
  readonly progress?: Progress;
  /** Default: this machine's. */
  readonly architecture?: Architecture;
  readonly signal?: AbortSignal;
}

/**
 * What the local region needs on a machine. Every call returns at once when the cache has it, and is safe in two processes at once;
 * an interrupted call leaves nothing half made.
 */
export interface Supply {
  /** Absolute paths of programs. Throws `DownloadCorrupt`, `GoMissing`, `CommandFailed`. */
  ensureBinaries<N extends BinaryName>(names: readonly N[]): Promise<Record<N, string>>;
  /** The absolute path of a Debian root, which nobody may write to. Needs root. Throws `DebianNeeded`, `CommandFailed`. */
  ensureRoot(name: RootName): Promise<string>;
  /** The image that `deploy/images/NAME` defines. Throws `NotFound`, `InvalidInput`, and what its parts throw. */
  ensureImage(name: string): Promise<SuppliedImage>;
  /** Everything that a local region is made of. */
  ensureAll(): Promise<SuppliedAll>;
}

export interface SuppliedAll {
  readonly binaries: Readonly<Record<Exclude<BinaryName, TestBinaryName>, string>>;
  readonly roots: Readonly<Record<RootName, string>>;
  readonly images: Readonly<Record<string, SuppliedImage>>;
}

export function createSupply({ architecture, progress = silentProgress, ...options }: SupplyOptions): Supply {
  const context: SupplyContext = { ...options, progress, architecture: architecture ?? hostArchitecture() };
  return {
    ensureBinaries: (names) => each(names, (name) => ensureBinary(context, name)),
    ensureRoot: (name) => ensureRoot(context, name),
    ensureImage: (name) => ensureImage(context, name),
    ensureAll: async () => ({
      binaries: await each(binaryNames, (name) => ensureBinary(context, name)),
      roots: await each(rootNames, (name) => ensureRoot(context, name)),
      images: await each(await imageNames(context), (name) => ensureImage(context, name)),
    }),
  };
}

async function each<N extends string, T>(names: readonly N[], ensure: (name: N) => Promise<T>): Promise<Record<N, T>> {
  const entries: [N, T][] = [];
  for (const name of names) entries.push([name, await ensure(name)]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries forgets that there is an entry for each name
  return Object.fromEntries(entries) as Record<N, T>;
}
