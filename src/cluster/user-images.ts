import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, SegwError } from '../base/error.ts';
import { firstLine } from '../base/first-line.ts';
import { run } from '../base/exec.ts';
import { readFolder } from '../base/files.ts';
import type { NodeImage } from './node-images.ts';

/** An image's complete name, as containerd's importer reads it from an archive (OCI image spec, annotations; containerd's own). */
const index = z.object({
  manifests: z.array(z.object({ digest: z.string(), annotations: z.record(z.string(), z.string()).default({}) })).min(1),
});
const nameAnnotations = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'] as const;

/** The archives that the user gave, kept in `folder`: every node gets them, also nodes made later. */
export interface UserImages {
  /** Keeps a copy of the archive. Throws `InvalidInput` when it is no OCI archive or names no complete image. */
  add(archive: string): Promise<readonly NodeImage[]>;
  list(): Promise<readonly NodeImage[]>;
}

export function createUserImages(folder: string): UserImages {
  return {
    async add(archive) {
      const [first] = await readArchive(archive);
      await mkdir(folder, { recursive: true });
      const kept = join(folder, `${first.digest.replace(':', '-')}.tar`);
      await copyFile(archive, `${kept}.new`);
      await rename(`${kept}.new`, kept);
      return readArchive(kept);
    },
    async list() {
      const files = await listArchives(folder);
      return (await Promise.all(files.map(readArchive))).flat();
    },
  };
}

async function listArchives(folder: string): Promise<readonly string[]> {
  const names = await readFolder(folder);
  return names.filter((name) => name.endsWith('.tar')).map((name) => join(folder, name));
}

/** What is in an archive of the form that `docker save` (25 or newer), `podman save --format oci-archive` and `skopeo` write. */
async function readArchive(archive: string): Promise<readonly [NodeImage, ...NodeImage[]]> {
  const { manifests } = await readIndex(archive);
  const [first, ...others] = manifests.map(({ digest, annotations }) => {
    const reference = nameAnnotations.map((key) => annotations[key]).find((name) => name?.includes('/') === true);
    if (reference === undefined) {
      throw new SegwError('InvalidInput', `${archive}: image ${digest} has no complete name such as registry.example/app:1`, {
        remedy: 'Tag it with a registry part before saving it: docker tag app:1 registry.example/app:1',
      });
    }
    return { archive, reference, digest };
  });
  if (!first) throw new SegwError('Internal', `${archive}: an index without manifests passed its schema`);
  return [first, ...others];
}

async function readIndex(archive: string): Promise<z.output<typeof index>> {
  try {
    return index.parse(JSON.parse(await run('tar', ['--extract', '--to-stdout', '--file', archive, 'index.json'])));
  } catch (error) {
    throw new SegwError('InvalidInput', `${archive}: not an OCI image archive (${firstLine(messageOf(error))})`, {
      remedy: 'Make one with: docker save (25 or newer), podman save --format oci-archive, or skopeo copy ... oci-archive:FILE',
      cause: error,
    });
  }
}
