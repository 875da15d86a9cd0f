import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EnvHttpProxyAgent } from 'undici';
import { SegwError, messageOf } from '../../base/error.ts';
import { run } from '../../base/exec.ts';
import type { ProgressStep } from '../../base/progress.ts';
import type { BinarySet, OfficialArchive } from './binary-sets.ts';
import { runOptions, type SupplyContext } from './supply-context.ts';

/** How long a host may stay silent: to the connection, and between two pieces of an answer. */
const connectTimeoutMs = 5_000;
const silenceTimeoutMs = 30_000;

/**
 * Unpacks the set's programs out of its official archive into `folder`. False, with a line that says why, where the archive cannot
 * be had: another way may lead to the same programs. Throws `DownloadCorrupt` when the bytes are not those that were published.
 */
export async function unpackOfficial(
  context: SupplyContext,
  set: BinarySet,
  folder: string,
  step: ProgressStep,
): Promise<boolean> {
  const archive = set.officialArchives?.[context.architecture];
  if (!archive) return false;
  const file = join(folder, 'official.tar.gz');
  try {
    await download(archive, file, context.signal);
  } catch (error) {
    context.signal?.throwIfAborted();
    if (error instanceof SegwError && error.code === 'DownloadCorrupt') throw error;
    step.line(`${archive.url} cannot be had (${messageOf(error)})`);
    return false;
  }
  const members = set.binaries.map((binary) => `${archive.folder}/${binary}`);
  const depth = String(archive.folder.split('/').length);
  const unpack = ['-xzf', file, '-C', folder, '--no-same-owner', `--strip-components=${depth}`, ...members];
  await run('tar', unpack, runOptions(context, step));
  await rm(file);
  return true;
}

/** Streams the archive to `path`, which appears when its checksum is right. Throws `DownloadCorrupt`, or what the network says. */
export async function download({ url, sha512 }: OfficialArchive, path: string, signal?: AbortSignal): Promise<void> {
  const undici = await import('undici'); // a region whose cache is filled downloads nothing
  const dispatcher = new undici.EnvHttpProxyAgent({
    connect: { timeout: connectTimeoutMs },
    headersTimeout: silenceTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
  });
  const temporary = `${path}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const found = await fetchTo({ url, path: temporary, dispatcher, ...(signal && { signal }) });
    if (found !== sha512) throw new SegwError('DownloadCorrupt', `${url}: SHA-512 is ${found}, expected ${sha512}`);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
    await dispatcher.destroy();
  }
}

interface Fetch {
  readonly url: string;
  readonly path: string;
  readonly dispatcher: EnvHttpProxyAgent;
  readonly signal?: AbortSignal;
}

/** Writes the answer to `path` and returns its SHA-512. */
async function fetchTo({ url, path, dispatcher, signal }: Fetch, redirectsLeft = 5): Promise<string> {
  const { request } = await import('undici');
  const { statusCode, headers, body } = await request(url, { dispatcher, ...(signal && { signal }) });
  const location = headers['location'];
  if (statusCode >= 300 && statusCode < 400 && typeof location === 'string' && redirectsLeft > 0) {
    await body.dump();
    return fetchTo({ url: new URL(location, url).href, path, dispatcher, ...(signal && { signal }) }, redirectsLeft - 1);
  }
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`answered ${String(statusCode)}`);
  }
  const hash = createHash('sha512');
  const tee = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      next(null, chunk);
    },
  });
  await pipeline(body, tee, createWriteStream(path), { ...(signal && { signal }) });
  return hash.digest('hex');
}
