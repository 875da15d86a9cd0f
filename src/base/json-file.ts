import { rm } from 'node:fs/promises';
import type { z } from 'zod';
import { messageOf } from './error.ts';
import { readIfExists, writeFileAtomic } from './files.ts';
import type { Logger } from './log.ts';

interface JsonFileOptions<T> {
  /** What a file must say to be believed. */
  readonly shape: z.ZodType<T>;
  readonly log: Logger;
}

/**
 * One value that a process remembers over restarts, in a file that only root can read. The file is a shortcut and never the only place
 * where something is known: damaged is as good as absent.
 */
export class JsonFile<T> {
  readonly #path: string;
  readonly #options: JsonFileOptions<T>;
  /** What the file is known to say. */
  #text: string | undefined;

  constructor(path: string, options: JsonFileOptions<T>) {
    this.#path = path;
    this.#options = options;
  }

  /** `undefined`: there is no file, or none that can be read, which is logged. */
  async read(): Promise<T | undefined> {
    try {
      const text = await readIfExists(this.#path);
      if (text === undefined) return undefined;
      const value = this.#options.shape.parse(JSON.parse(text));
      this.#text = text;
      return value;
    } catch (error) {
      this.#options.log.error({ path: this.#path, error: messageOf(error) }, 'file not readable, it is made anew');
      return undefined;
    }
  }

  /** Replaces the file at once, unless it says so already. `undefined`: there is nothing to remember, and no file. */
  async write(value: T | undefined): Promise<void> {
    const text = value === undefined ? undefined : `${JSON.stringify(value)}\n`;
    if (text === undefined) await rm(this.#path, { force: true });
    else if (text !== this.#text) await writeFileAtomic(this.#path, text, { mode: 0o600 });
    this.#text = text;
  }
}
