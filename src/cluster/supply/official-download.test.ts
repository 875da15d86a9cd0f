import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../base/exec.ts';
import { silentProgress } from '../../base/progress.ts';
import type { BinarySet } from './binary-sets.ts';
import { download, unpackOfficial } from './official-download.ts';
import type { SupplyContext } from './supply-context.ts';

interface Site {
  readonly url: string;
  readonly folder: string;
}

async function withSite(listener: RequestListener, work: (site: Site) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'segw-download-'));
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  try {
    await work({ url: `http://127.0.0.1:${String(address.port)}`, folder });
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
}

const content = 'the published bytes';
const published = createHash('sha512').update(content).digest('hex');

function archive(url: string) {
  return { url, sha512: published, folder: 'kubernetes/server/bin' };
}

test('a download appears when its checksum is right, also behind a redirect', () =>
  withSite(
    (request, response) => {
      if (request.url === '/file') response.end(content);
      else response.writeHead(302, { location: '/file' }).end();
    },
    async ({ url, folder }) => {
      await download(archive(`${url}/moved`), join(folder, 'file'));
      assert.equal(await readFile(join(folder, 'file'), 'utf8'), content);
      assert.deepEqual(await readdir(folder), ['file']);
    },
  ));

test('bytes that differ from the published ones are an error, and are not kept', () =>
  withSite(
    (_request, response) => response.end('other bytes'),
    async ({ url, folder }) => {
      await assert.rejects(download(archive(url), join(folder, 'file')), { code: 'DownloadCorrupt' });
      assert.deepEqual(await readdir(folder), []);
    },
  ));

function recording(lines: string[]) {
  return { ...silentProgress.step(''), line: (text: string) => void lines.push(text) };
}

function setOf(url: string, sha512: string): BinarySet {
  const official = { url, sha512, folder: 'kubernetes/server/bin' };
  return { version: 'v1', binaries: ['kubelet'], goPackage: 'tool', officialArchives: { amd64: official, arm64: official } };
}

const context: SupplyContext = { cacheDir: '/x', repositoryDir: '/x', architecture: 'amd64', progress: silentProgress };

const refusals: readonly { readonly what: string; readonly listener: RequestListener; readonly says: RegExp }[] = [
  { what: 'answers 404', listener: (_request, response) => response.writeHead(404).end(), says: /answered 404/ },
  { what: 'breaks off', listener: (request) => request.socket.destroy(), says: /cannot be had/ },
  {
    what: 'breaks off in the middle',
    listener: (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    },
    says: /cannot be had/,
  },
];

for (const { what, listener, says } of refusals)
  test(`a site that ${what} leads to the next way, with one line that says why`, () =>
    withSite(listener, async ({ url, folder }) => {
      const lines: string[] = [];
      assert.equal(await unpackOfficial(context, setOf(url, published), folder, recording(lines)), false);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', says);
      assert.deepEqual(await readdir(folder), []);
    }));

test('only the programs of the set are unpacked, without the folders of the archive', async () => {
  const source = await mkdtemp(join(tmpdir(), 'segw-archive-'));
  const programs = join(source, 'kubernetes/server/bin');
  await run('mkdir', ['-p', programs]);
  for (const name of ['kubelet', 'kubeadm']) await writeFile(join(programs, name), name, { mode: 0o755 });
  await run('tar', ['-czf', join(source, 'archive'), '-C', source, 'kubernetes']);
  const bytes = await readFile(join(source, 'archive'));
  await withSite(
    (_request, response) => response.end(bytes),
    async ({ url, folder }) => {
      const sha512 = createHash('sha512').update(bytes).digest('hex');
      assert.equal(await unpackOfficial(context, setOf(url, sha512), folder, recording([])), true);
      assert.deepEqual(await readdir(folder), ['kubelet']);
      assert.equal(await readFile(join(folder, 'kubelet'), 'utf8'), 'kubelet');
    },
  );
  await rm(source, { recursive: true });
});
