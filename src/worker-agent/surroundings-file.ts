import { z } from 'zod';
import { readIfExists, writeFileAtomic } from '../base/files.ts';
import type { Surroundings } from './surroundings.ts';

const cidr = z.object({ address: z.ipv4(), prefixLength: z.int().min(0).max(32) });

const shape = z.object({
  block: cidr,
  cluster: z.object({ nodes: z.array(cidr), pods: z.array(cidr), services: z.array(cidr), ipv6: z.array(z.string()) }),
  gateways: z.array(
    z.object({
      node: z.string(),
      number: z.int(),
      address: z.ipv4(),
      port: z.int(),
      publicKey: z.string(),
      state: z.enum(['ready', 'draining', 'dead']),
    }),
  ),
  sgcs: z.array(
    z.object({
      key: z.string(),
      uid: z.string(),
      label: z.ipv4(),
      excludeCidrs: z.array(cidr),
      defaultRoute: z.enum(['staticEgressGateway', 'azureNetworking']),
      spread: z.enum(['perPod', 'perConnection']),
      gateways: z.array(z.int()),
    }),
  ),
});

/** Remembers the surroundings over restarts. */
export class SurroundingsFile {
  readonly #path: string;
  #text = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** `undefined`: there is none, or none that can be read; the API server knows it all again. */
  async read(): Promise<Surroundings | undefined> {
    const text = await readIfExists(this.#path);
    if (text === undefined) return undefined;
    const result = shape.safeParse(parseJson(text));
    if (!result.success) return undefined;
    this.#text = text;
    return result.data;
  }

  /** Writes it, unless the file says so already. */
  async write(surroundings: Surroundings): Promise<void> {
    const text = `${JSON.stringify(surroundings)}\n`;
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
