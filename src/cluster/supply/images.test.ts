import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { run } from '../../base/exec.ts';
import { silentProgress } from '../../base/progress.ts';
import { ensureImage, imageNames } from './images.ts';
import type { SupplyContext } from './supply-context.ts';

const image = `
reference: segw.local/demo:1
entrypoint: [/app/run]
layers:
  - files: { /lib/a: 'repository:base' }
  - files: { /app: 'repository:program', /bin/run: 'link:/app/run' }
`;

async function withRepository(work: (context: SupplyContext) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'segw-images-'));
  const repositoryDir = join(folder, 'repository');
  await mkdir(join(repositoryDir, 'deploy/images/demo'), { recursive: true });
  await mkdir(join(repositoryDir, 'program'), { recursive: true });
  await writeFile(join(repositoryDir, 'deploy/images/demo/image.yaml'), image);
  await writeFile(join(repositoryDir, 'deploy/images/README.md'), '');
  await writeFile(join(repositoryDir, 'base'), 'base');
  await writeFile(join(repositoryDir, 'program/run'), '#!/bin/sh\n', { mode: 0o700 });
  try {
    await work({ cacheDir: join(folder, 'cache'), repositoryDir, architecture: 'arm64', progress: silentProgress });
  } finally {
    await rm(folder, { recursive: true });
  }
}

const index = z.object({ manifests: z.array(z.object({ digest: z.string(), annotations: z.record(z.string(), z.string()) })) });
const manifest = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ digest: z.string(), size: z.number() })),
});
const config = z.object({
  architecture: z.string(),
  config: z.strictObject({ Entrypoint: z.array(z.string()), Env: z.array(z.string()) }),
});

function member(archive: string, path: string): Promise<string> {
  return run('tar', ['-xOf', archive, path]);
}

function blob(archive: string, digest: string): Promise<string> {
  return member(archive, `blobs/sha256/${digest.replace('sha256:', '')}`);
}

test('an image is an OCI archive that names its reference, entrypoint, architecture and layers', () =>
  withRepository(async (context) => {
    const { archive, reference, digest } = await ensureImage(context, 'demo');
    const [entry] = index.parse(JSON.parse(await member(archive, 'index.json'))).manifests;
    assert.equal(entry?.digest, digest);
    assert.equal(entry.annotations['io.containerd.image.name'], reference);
    const { config: described, layers } = manifest.parse(JSON.parse(await blob(archive, digest)));
    assert.equal(layers.length, 2);
    const parsed = config.parse(JSON.parse(await blob(archive, described.digest)));
    assert.equal(parsed.architecture, 'arm64');
    assert.deepEqual(parsed.config.Entrypoint, ['/app/run']);
  }));

test('files of a layer belong to root, can be read by everybody, and keep their execute bit', () =>
  withRepository(async (context) => {
    await ensureImage(context, 'demo');
    const layersDir = join(context.cacheDir, 'layers');
    const layer = (await readdir(layersDir)).find((name) => name.startsWith('demo-1-arm64-')) ?? '';
    const listing = await run('tar', ['-tvf', join(layersDir, layer, 'layer.tar')]);
    assert.match(listing, /^-rwxr-xr-x 0\/0 .* \.\/app\/run$/m);
    assert.match(listing, /^lrwxrwxrwx 0\/0 .* \.\/bin\/run -> \/app\/run$/m);
    assert.match(listing, /^drwxr-xr-x 0\/0 .* \.\/app\/$/m);
  }));

test('the same content gives the same digest in another cache and at another time', () =>
  withRepository(async (context) => {
    const first = await ensureImage(context, 'demo');
    await utimes(join(context.repositoryDir, 'base'), 1, 1);
    const second = await ensureImage({ ...context, cacheDir: `${context.cacheDir}-2` }, 'demo');
    assert.equal(second.digest, first.digest);
    assert.deepEqual(await readFile(second.archive), await readFile(first.archive));
  }));

test('a changed program is a new image over the old lower layer; an unchanged one is not written again', () =>
  withRepository(async (context) => {
    const first = await ensureImage(context, 'demo');
    assert.equal((await stat(first.archive)).ino, (await stat((await ensureImage(context, 'demo')).archive)).ino);
    await writeFile(join(context.repositoryDir, 'program/run'), '#!/bin/sh\nexit 1\n');
    const second = await ensureImage(context, 'demo');
    assert.notEqual(second.digest, first.digest);
    const layersOf = async ({ archive, digest }: { archive: string; digest: string }) =>
      manifest.parse(JSON.parse(await blob(archive, digest))).layers.map(({ digest }) => digest);
    const [before, after] = [await layersOf(first), await layersOf(second)];
    assert.equal(after[0], before[0]);
    assert.notEqual(after[1], before[1]);
  }));

test('images are the folders that hold a definition', () =>
  withRepository(async (context) => {
    await mkdir(join(context.repositoryDir, 'deploy/images/empty'));
    assert.deepEqual(await imageNames(context), ['demo']);
    await assert.rejects(ensureImage(context, 'empty'), { code: 'NotFound' });
  }));
