import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import { run } from '../../base/exec.ts';
import type { ProgressStep } from '../../base/progress.ts';
import { ensureBinary, isBinaryName } from './binaries.ts';
import { ensureBundle } from './bundle.ts';
import { ensureEntry, removeOldEntries } from './cache-entry.ts';
import { contentKey, treeKey } from './content-key.ts';
import { buildDebianRoot, debianRootKey } from './debian-root.ts';
import type { FileSource, LayerDefinition } from './image-definition.ts';
import { writeLayer, type Layer } from './oci-archive.ts';
import { ensureRoot } from './roots.ts';
import type { SupplyContext } from './supply-context.ts';

/** A layer that is described but not made: `key` changes with its content. */
export interface PlannedLayer {
  readonly key: string;
  /** Fills a staging folder. */
  readonly stage: (folder: string, step: ProgressStep) => Promise<void>;
  /** How the staging folder becomes the layer: options of GNU tar. */
  readonly tar: readonly string[];
}

/** Left out: state of package managers, caches, and device nodes, which the container runtime makes. */
const tarOfPackages = ['dev/*', 'etc/apt', 'var/cache/*', 'var/log/*', 'var/lib/apt', 'var/lib/dpkg', 'var/backups/*'].map(
  (pattern) => `--exclude=./${pattern}`,
);

/** Raised when the way a layer is made changes. */
const recipe = 'layer/1';

/** How many generations of a layer stay in the cache. */
const keptLayers = 3;

/** Supplies what the layer is made of and computes its key. */
export async function planLayer(context: SupplyContext, definition: LayerDefinition): Promise<PlannedLayer> {
  return definition.packages ? planPackages(context, definition.packages) : planFiles(context, definition.files ?? {});
}

/** Makes a planned layer, or finds it in the cache. `family` is its place: `tools-0`. */
export async function ensureLayer(context: SupplyContext, family: string, planned: PlannedLayer): Promise<Layer> {
  const { architecture, signal } = context;
  const entry = await ensureEntry(context, {
    path: `layers/${family}-${architecture}-${planned.key}`,
    title: `build the image layer ${family}`,
    make: async (folder, step) => {
      const staging = join(folder, 'root');
      await mkdir(staging);
      await planned.stage(staging, step);
      const layer = await writeLayer(staging, layerTar(folder), { tar: planned.tar, ...(signal && { signal }) });
      await rm(staging, { recursive: true });
      await writeFile(join(folder, 'digest'), layer.digest);
      await removeOldEntries(context, `layers/${family}-${architecture}-`, keptLayers - 1);
    },
  });
  return { path: layerTar(entry), digest: await readFile(join(entry, 'digest'), 'utf8') };
}

function layerTar(entry: string): string {
  return join(entry, 'layer.tar');
}

function planPackages(context: SupplyContext, packages: readonly string[]): PlannedLayer {
  const root = { variant: 'extract', packages } as const;
  return {
    key: contentKey(recipe, debianRootKey(context, root), ...tarOfPackages),
    stage: (folder, step) => buildDebianRoot(context, root, folder, step),
    tar: tarOfPackages,
  };
}

async function planFiles(context: SupplyContext, files: Readonly<Record<string, FileSource>>): Promise<PlannedLayer> {
  const parts: PlannedFile[] = [];
  for (const [target, source] of Object.entries(files)) parts.push(await planFile(context, target, source));
  return {
    key: contentKey(recipe, ...parts.map(({ key }) => key).sort()),
    stage: async (folder) => {
      for (const { place } of parts) await place(folder);
      // Everybody may read, whatever the umask of this process is.
      await run('chmod', ['-R', 'u=rwX,go=rX', folder]);
    },
    tar: [],
  };
}

interface PlannedFile {
  readonly key: string;
  readonly place: (folder: string) => Promise<void>;
}

async function planFile(context: SupplyContext, target: string, { kind, value }: FileSource): Promise<PlannedFile> {
  if (kind === 'link') return { key: contentKey(target, kind, value), place: (folder) => placeLink(join(folder, target), value) };
  const path = await sourcePath(context, kind, value);
  return { key: contentKey(target, await treeKey(path)), place: (folder) => placeCopy(path, join(folder, target)) };
}

async function sourcePath(context: SupplyContext, kind: Exclude<FileSource['kind'], 'link'>, value: string): Promise<string> {
  if (kind === 'repository') return join(context.repositoryDir, value);
  if (kind === 'bundle') return ensureBundle(context, value);
  if (kind === 'machine') return join(await ensureRoot(context, 'machine'), value);
  if (!isBinaryName(value))
    throw new SegwError('InvalidInput', `image source "binary:${value}": there is no program of that name`);
  return ensureBinary(context, value);
}

async function placeLink(target: string, value: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await symlink(value, target);
}

async function placeCopy(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { recursive: true, verbatimSymlinks: true });
}
