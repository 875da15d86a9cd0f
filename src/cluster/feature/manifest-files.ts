import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { messageOf, SegwError } from '../../base/error.ts';
import { readFolder } from '../../base/files.ts';
import type { ManifestObject } from '../manifest.ts';

/** What is applied, in this order; removed in the reverse order. */
export interface Manifests {
  readonly definitions: readonly ManifestObject[];
  readonly objects: readonly ManifestObject[];
}

const deployFolder = fileURLToPath(new URL('../../../deploy', import.meta.url));

const manifestObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** `deploy/crds` and `deploy/manifests`, with placeholders as they are. Throws `InvalidInput` for what is no manifest. */
export async function readManifests(): Promise<Manifests> {
  return { definitions: await readFolderOf('crds'), objects: await readFolderOf('manifests') };
}

async function readFolderOf(name: string): Promise<readonly ManifestObject[]> {
  const folder = join(deployFolder, name);
  const files = (await readFolder(folder)).filter((file) => file.endsWith('.yaml'));
  const objects = await Promise.all(files.map(async (file) => parseManifest(await readFile(join(folder, file), 'utf8'), file)));
  return objects.flat();
}

/** The objects of a YAML file of many documents. */
function parseManifest(text: string, file: string): readonly ManifestObject[] {
  try {
    return parseAllDocuments(text).map((document): ManifestObject => {
      if ('errors' in document && document.errors[0]) throw document.errors[0];
      const { metadata, ...rest } = manifestObject.parse(document.toJS());
      const { namespace, ...meta } = metadata;
      return { ...rest, metadata: { ...meta, ...(namespace !== undefined && { namespace }) } };
    });
  } catch (error) {
    throw new SegwError('InvalidInput', `read manifest ${file}: ${messageOf(error)}`, { cause: error });
  }
}
