import { createHash } from 'node:crypto';
import { link, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../base/exec.ts';
import type { Architecture } from './architecture.ts';
import { fileDigest } from './content-key.ts';

/** A descriptor of the OCI image specification (descriptor.md). */
interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An uncompressed layer: the absolute path of a tar file, and the digest of its bytes (`sha256:...`). */
export interface Layer {
  readonly path: string;
  readonly digest: string;
}

export interface OciImage {
  /** With the registry part: `segw.local/pause:1`. */
  readonly reference: string;
  readonly architecture: Architecture;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** Lowest first. */
  readonly layers: readonly Layer[];
}

/** Everything in a tar file that could differ between two runs is fixed; GNU tar. */
const reproducible = [
  '--format=posix',
  '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime,delete=mtime',
  '--sort=name',
  '--mtime=@0',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--hard-dereference',
];

const searchPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface LayerOptions {
  /** Further options of GNU tar. */
  readonly tar?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Writes the content of `folder` as a layer: the same tree, the same digest. */
export async function writeLayer(folder: string, path: string, { tar = [], signal }: LayerOptions = {}): Promise<Layer> {
  await run('tar', [...reproducible, ...tar, '-C', folder, '-cf', path, '.'], { ...(signal && { signal }) });
  return { path, digest: `sha256:${await fileDigest(path)}` };
}

/**
 * Writes `image.tar` into `folder`, in the form that `ctr images import` reads (image-spec: image-layout.md), and returns the digest
 * of its manifest. The layers must lie on the same file system as `folder`.
 */
export async function writeOciArchive(image: OciImage, folder: string): Promise<{ archive: string; digest: string }> {
  const layout = join(folder, 'layout');
  const blobs = join(layout, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const layers: Descriptor[] = [];
  for (const { path, digest } of image.layers) {
    const blob = blobPath(blobs, digest);
    // Two layers may be the same bytes.
    if (!layers.some((layer) => layer.digest === digest)) await link(path, blob);
    layers.push({ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: (await stat(blob)).size });
  }
  const config = await writeJson(blobs, 'application/vnd.oci.image.config.v1+json', imageConfig(image));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await writeJson(blobs, mediaType, { schemaVersion: 2, mediaType, config, layers });
  await writeFile(join(layout, 'index.json'), JSON.stringify(imageIndex(image, manifest)));
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const archive = join(folder, 'image.tar');
  await run('tar', [...reproducible, '-C', layout, '-cf', archive, 'oci-layout', 'index.json', 'blobs']);
  return { archive, digest: manifest.digest };
}

function imageConfig({ architecture, entrypoint, command, layers }: OciImage): unknown {
  return {
    created: '1970-01-01T00:00:00Z',
    architecture,
    os: 'linux',
    config: { Env: [searchPath], ...(entrypoint && { Entrypoint: entrypoint }), ...(command && { Cmd: command }) },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  };
}

/** containerd names the image by the first annotation, other tools by the second. */
function imageIndex({ reference }: OciImage, manifest: Descriptor): unknown {
  const annotations = { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': reference };
  return { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
}

async function writeJson(blobs: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await writeFile(blobPath(blobs, digest), bytes);
  return { mediaType, digest, size: bytes.length };
}

function blobPath(blobs: string, digest: string): string {
  return join(blobs, digest.replace('sha256:', ''));
}
