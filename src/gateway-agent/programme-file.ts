import { z } from 'zod';
import { readIfExists, writeFileAtomic } from '../base/files.ts';
import type { Programme } from './inputs.ts';

const cidr = z.object({ address: z.ipv4(), prefixLength: z.int().min(0).max(32) });

const shape = z.object({
  inputs: z.object({
    nodeAddress: z.ipv4(),
    uplink: z.string(),
    uplinkMtu: z.int(),
    publicKey: z.string(),
    egress: z.array(z.object({ sgc: z.string(), address: z.ipv4() })),
    workers: z.array(
      z.object({
        publicKey: z.string(),
        endpoint: z.object({ address: z.ipv4(), port: z.int() }),
        block: cidr,
        labels: z.array(z.object({ address: z.ipv4(), sgc: z.string() })),
      }),
    ),
  }),
  acknowledgement: z.object({
    configurations: z.array(
      z.object({
        namespace: z.string(),
        name: z.string(),
        uid: z.string(),
        generation: z.int(),
        secondaryAddress: z.ipv4(),
      }),
    ),
    workers: z.array(z.object({ name: z.string(), generation: z.int(), publicKey: z.string() })),
  }),
});

/** Remembers what is in the kernel over restarts of the agent, which then repairs it and answers for it without the API server. */
export class ProgrammeFile {
  readonly #path: string;
  #text = '';

  /** `path`: in a folder that a reboot empties, as it empties the kernel. */
  constructor(path: string) {
    this.#path = path;
  }

  /** `undefined`: there is none, or none that can be read; then the API server is waited for. */
  async read(): Promise<Programme | undefined> {
    const text = await readIfExists(this.#path);
    const { data } = shape.safeParse(parseJson(text ?? ''));
    if (data !== undefined) this.#text = text ?? '';
    return data;
  }

  /** `undefined`: nothing of ours is in the kernel. Writes only what is new. */
  async write(programme: Programme | undefined): Promise<void> {
    const text = programme === undefined ? '{}\n' : `${JSON.stringify(programme)}\n`;
    if (text === this.#text) return;
    await writeFileAtomic(this.#path, text, { mode: 0o600 });
    this.#text = text;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
