import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { z } from 'zod';
import { SegwError, messageOf } from '../base/error.ts';
import { openForThisProcess } from './close-on-exec.ts';
import { inNetns } from './netns.ts';

interface NftablesOptions {
  /** Absolute path of `libnftables.so.1` when it is not installed but unpacked somewhere, its dependencies beside it. */
  readonly library?: string;
  /** Path of the namespace to work in; default: this thread's. */
  readonly netns?: string;
}

/** In the order in which they need each other. */
const dependencies = ['libmnl.so.0', 'libnftnl.so.11', 'libxtables.so.12', 'libgmp.so.10', 'libjansson.so.4'];

const NFT_CTX_OUTPUT_JSON = 1 << 4;

const jsonOutput = z.object({ nftables: z.array(z.unknown()) });

type Context = bigint;

interface Libnftables {
  readonly newContext: (flags: number) => Context | null;
  readonly freeContext: (context: Context) => void;
  readonly run: (context: Context, text: string) => number;
  readonly bufferOutput: (context: Context) => number;
  readonly bufferError: (context: Context) => number;
  readonly output: (context: Context) => string;
  readonly error: (context: Context) => string;
  readonly setOutputFlags: (context: Context, flags: number) => void;
}

/** A context of libnftables in the namespace `netns`. Tables made by it with `flags owner` live as long as it. */
export function openNftables({ library = 'libnftables.so.1', netns }: NftablesOptions = {}): Nftables {
  const nft = bind(loadWithDependencies(library));
  // The context opens its socket when it is made.
  const open = () => openForThisProcess(() => nft.newContext(0));
  const context = netns === undefined ? open() : inNetns(netns, open);
  if (context === null) throw new SegwError('Internal', 'libnftables gave no context');
  nft.bufferOutput(context);
  nft.bufferError(context);
  return new Nftables(nft, context);
}

export class Nftables {
  readonly #nft: Libnftables;
  readonly #context: Context;

  constructor(nft: Libnftables, context: Context) {
    this.#nft = nft;
    this.#context = context;
  }

  /** Carries out `text` (nft's language) as one transaction: all of it or nothing. Throws `NftablesRejected` with nft's words. */
  run(text: string): void {
    this.#run(text);
  }

  /** The output of a command as nft prints it: `list table inet segw`. */
  list(command: string): string {
    return this.#run(command);
  }

  /** The same as objects (libnftables-json(5)), without the first one, which describes nft itself. */
  listJson(command: string): unknown[] {
    this.#nft.setOutputFlags(this.#context, NFT_CTX_OUTPUT_JSON);
    try {
      return jsonOutput.parse(JSON.parse(this.#run(command))).nftables.slice(1);
    } finally {
      this.#nft.setOutputFlags(this.#context, 0);
    }
  }

  close(): void {
    this.#nft.freeContext(this.#context);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #run(text: string): string {
    const result = this.#nft.run(this.#context, text);
    // Reading a buffer empties it: both are read every time.
    const [output, error] = [this.#nft.output(this.#context), this.#nft.error(this.#context)];
    if (result !== 0) throw new SegwError('NftablesRejected', `nft: ${error.trim()}`);
    return output;
  }
}

/** Loads the dependencies beside `library` first: the loader takes a library that is loaded already by its name. */
function loadWithDependencies(library: string): LibraryHandle {
  try {
    for (const dependency of dependencies.map((name) => join(dirname(library), name))) {
      if (library.startsWith('/') && existsSync(dependency)) koffi.load(dependency);
    }
    return koffi.load(library);
  } catch (error) {
    throw new SegwError('NotFound', `load ${library}: ${messageOf(error)}`, {
      cause: error,
      remedy: 'Install libnftables (Debian: apt-get install libnftables1).',
    });
  }
}

function bind(library: LibraryHandle): Libnftables {
  return {
    newContext: library.func('void *nft_ctx_new(uint32_t)'),
    freeContext: library.func('void nft_ctx_free(void *)'),
    run: library.func('int nft_run_cmd_from_buffer(void *, const char *)'),
    bufferOutput: library.func('int nft_ctx_buffer_output(void *)'),
    bufferError: library.func('int nft_ctx_buffer_error(void *)'),
    output: library.func('const char *nft_ctx_get_output_buffer(void *)'),
    error: library.func('const char *nft_ctx_get_error_buffer(void *)'),
    setOutputFlags: library.func('void nft_ctx_output_set_flags(void *, unsigned int)'),
  };
}
