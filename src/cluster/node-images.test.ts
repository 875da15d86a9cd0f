import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegwError } from '../base/error.ts';
import { ensureNodeImages, parseImageList, type NodeImage } from './node-images.ts';
import type { NodeShell } from './node-shell.ts';

const pause: NodeImage = { archive: '/images/pause.tar', reference: 'segw.local/pause:1', digest: 'sha256:aa' };
const coredns: NodeImage = { archive: '/images/coredns.tar', reference: 'segw.local/coredns:1.12.4', digest: 'sha256:bb' };
const { signal } = new AbortController();

const listing = `REF                       TYPE                                       DIGEST    SIZE      PLATFORMS   LABELS
segw.local/pause:1        application/vnd.oci.image.manifest.v1+json sha256:aa 1.2 MiB   linux/amd64 io.cri-containerd.image=managed
segw.local/coredns:1.12.4 application/vnd.oci.image.manifest.v1+json sha256:cc 52.0 MiB  linux/amd64 io.cri-containerd.image=managed
`;

/** A node's runtime: lists images by digest, takes archives, and does not answer the first `failures` times. */
class Runtime implements NodeShell {
  readonly digests: Map<string, string>;
  readonly files = new Set<string>();
  failures: number;

  constructor({ digests = [], failures = 0 }: { digests?: readonly (readonly [string, string])[]; failures?: number }) {
    this.digests = new Map(digests);
    this.failures = failures;
  }

  async run(_machine: string, command: readonly string[], { inputFile }: { inputFile?: string } = {}): Promise<string> {
    if (this.failures-- > 0) throw new SegwError('CommandFailed', 'connection refused');
    const [program, file] = command;
    if (program === 'touch' && file !== undefined) this.files.add(file);
    const image = [pause, coredns].find(({ archive }) => archive === inputFile);
    if (image) this.digests.set(image.reference, image.digest);
    const rows = [...this.digests].map(([reference, digest]) => `${reference} type ${digest} 1 MiB linux/amd64 -`);
    return ['REF TYPE DIGEST SIZE PLATFORMS LABELS', ...rows].join('\n');
  }
}

test('a listing tells the digest of each reference', () => {
  assert.deepEqual(
    [...parseImageList(listing)],
    [
      ['segw.local/pause:1', 'sha256:aa'],
      ['segw.local/coredns:1.12.4', 'sha256:cc'],
    ],
  );
});

test('a node ends with every image at its digest, whatever it had', async () => {
  const wanted = new Map([pause, coredns].map(({ reference, digest }) => [reference, digest]));
  const states: readonly (readonly (readonly [string, string])[])[] = [
    [],
    [[pause.reference, pause.digest]],
    [[pause.reference, 'sha256:old']],
    [...wanted],
  ];
  for (const digests of states) {
    const runtime = new Runtime({ digests });
    await ensureNodeImages(runtime, 'n', { images: [pause, coredns], signal });
    assert.deepEqual(runtime.digests, wanted);
  }
});

test('the kubelet may start only once the images are there', async () => {
  const runtime = new Runtime({});
  const importFails: NodeShell = {
    run: async (machine, command, options) => {
      if (command.includes('import')) throw new SegwError('CommandFailed', 'no space left on device');
      return runtime.run(machine, command, options);
    },
  };
  await assert.rejects(ensureNodeImages(importFails, 'n', { images: [pause], signal }), /no space/);
  assert.deepEqual([...runtime.files], []);
  await ensureNodeImages(runtime, 'n', { images: [pause], signal });
  assert.deepEqual([...runtime.files], ['/etc/kubernetes/node-images-imported']);
});

test('a runtime that does not answer yet is waited for', async () => {
  const runtime = new Runtime({ failures: 2 });
  await ensureNodeImages(runtime, 'n', { images: [pause], signal });
  assert.equal(runtime.digests.get(pause.reference), pause.digest);
});
