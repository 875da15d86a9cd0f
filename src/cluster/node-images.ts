import { pollUntil } from '../base/poll.ts';
import { messageOf } from '../base/error.ts';
import { importedMarker } from './node.ts';
import type { NodeShell } from './node-shell.ts';

/** An image that every node needs, as an archive: there is no registry. */
export interface NodeImage {
  /** Path of the OCI archive on the host. */
  readonly archive: string;
  /** Complete, with its registry part (`segw.local/coredns:1.12.4`): the kubelet finds no other. */
  readonly reference: string;
  /** `sha256:...` of the manifest that the archive's `index.json` names. */
  readonly digest: string;
}

const ctr = ['ctr', '--namespace', 'k8s.io', 'images'] as const;
const runtimeTimeoutMs = 60_000;

/**
 * Puts the images on the machine that its runtime does not have with the same digest, then lets its kubelet start.
 * Throws `Timeout` when the runtime does not answer, `CommandFailed` when an import fails.
 */
export async function ensureNodeImages(
  shell: NodeShell,
  machine: string,
  { images, signal }: { readonly images: readonly NodeImage[]; readonly signal: AbortSignal },
): Promise<void> {
  const present = await awaitImageList(shell, machine, signal);
  for (const { archive, reference, digest } of images) {
    if (present.get(reference) === digest) continue;
    await shell.run(machine, [...ctr, 'import', '-'], { inputFile: archive, signal });
  }
  await shell.run(machine, ['touch', importedMarker], { signal });
}

/** Reads what `ctr images ls` prints: a heading, then REF TYPE DIGEST and more, in columns. */
export function parseImageList(text: string): ReadonlyMap<string, string> {
  const rows = text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/));
  return new Map(rows.flatMap(([reference, , digest]) => (reference && digest ? [[reference, digest] as const] : [])));
}

/** The runtime listens only after it has read its store, so its first answer is complete. */
async function awaitImageList(shell: NodeShell, machine: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  return pollUntil(
    `container runtime of ${machine}`,
    async (note) => {
      try {
        return parseImageList(await shell.run(machine, [...ctr, 'ls'], { signal }));
      } catch (error) {
        note(messageOf(error));
        return undefined;
      }
    },
    { timeoutMs: runtimeTimeoutMs, signal },
  );
}
