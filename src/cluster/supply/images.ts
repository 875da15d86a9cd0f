import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import { exists, readIfExists } from '../../base/files.ts';
import { ensureEntry, removeOldEntries } from './cache-entry.ts';
import { contentKey } from './content-key.ts';
import { parseImageDefinition, type ImageDefinition } from './image-definition.ts';
import { ensureLayer, planLayer } from './image-layers.ts';
import { writeOciArchive, type Layer } from './oci-archive.ts';
import type { SupplyContext } from './supply-context.ts';

export interface SuppliedImage {
  /** The absolute path of an OCI archive. */
  readonly archive: string;
  readonly reference: string;
  /** Of the manifest: `sha256:...`. */
  readonly digest: string;
}

/** Raised when the way an archive is written changes. */
const recipe = 'image/1';

/** How many generations of an image stay in the cache. */
const keptImages = 3;

/** The image that `deploy/images/NAME/image.yaml` defines. Throws `NotFound`, `InvalidInput`, and what making its parts throws. */
export async function ensureImage(context: SupplyContext, name: string): Promise<SuppliedImage> {
  const definition = await readDefinition(context, name);
  const layers: Layer[] = [];
  for (const [index, layer] of definition.layers.entries())
    layers.push(await ensureLayer(context, `${name}-${String(index)}`, await planLayer(context, layer)));
  return assemble(context, name, { definition, layers });
}

/** The names of all images, sorted: every folder of `deploy/images` that holds an `image.yaml`. */
export async function imageNames(context: SupplyContext): Promise<string[]> {
  const entries = await readdir(imagesDir(context), { withFileTypes: true });
  const names: string[] = [];
  for (const entry of entries)
    if (entry.isDirectory() && (await exists(definitionPath(context, entry.name)))) names.push(entry.name);
  return names.sort();
}

async function readDefinition(context: SupplyContext, name: string): Promise<ImageDefinition> {
  const path = definitionPath(context, name);
  const text = await readIfExists(path);
  if (text === undefined) throw new SegwError('NotFound', `image "${name}": ${path} does not exist`);
  return parseImageDefinition(text, path);
}

interface ImageParts {
  readonly definition: ImageDefinition;
  readonly layers: readonly Layer[];
}

async function assemble(context: SupplyContext, name: string, { definition, layers }: ImageParts): Promise<SuppliedImage> {
  const { reference, entrypoint, command } = definition;
  const { architecture } = context;
  const family = `images/${name}-${architecture}-`;
  const image = { reference, architecture, layers, ...(entrypoint && { entrypoint }), ...(command && { command }) };
  const startup = JSON.stringify([reference, entrypoint, command]);
  const entry = await ensureEntry(context, {
    path: `${family}${contentKey(recipe, startup, ...layers.map(({ digest }) => digest))}`,
    title: `write the image ${reference}`,
    make: async (folder) => {
      const { digest } = await writeOciArchive(image, folder);
      await rm(join(folder, 'layout'), { recursive: true });
      await writeFile(join(folder, 'digest'), digest);
      await removeOldEntries(context, family, keptImages - 1);
    },
  });
  return { archive: join(entry, 'image.tar'), reference, digest: await readFile(join(entry, 'digest'), 'utf8') };
}

function imagesDir({ repositoryDir }: SupplyContext): string {
  return join(repositoryDir, 'deploy', 'images');
}

function definitionPath(context: SupplyContext, name: string): string {
  return join(imagesDir(context), name, 'image.yaml');
}
