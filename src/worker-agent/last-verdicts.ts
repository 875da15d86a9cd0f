import { z } from 'zod';
import { JsonFile } from '../base/json-file.ts';
import type { Logger } from '../base/log.ts';
import type { Verdict } from '../tunnel-probe/detector.ts';

const shape = z.array(
  z.object({ gateway: z.int().min(1), verdict: z.enum(['ready', 'draining', 'not-ready', 'dead']) }).readonly(),
);

/**
 * What probes said last of each gateway, over restarts of the agent: a new one takes no gateway back that it has not heard itself, and
 * leaves none that the old one used.
 */
export class LastVerdicts {
  readonly #file: JsonFile<z.infer<typeof shape>>;
  readonly #verdicts: Map<number, Verdict>;

  private constructor(file: JsonFile<z.infer<typeof shape>>, known: z.infer<typeof shape>) {
    this.#file = file;
    this.#verdicts = new Map(known.map(({ gateway, verdict }) => [gateway, verdict]));
  }

  static async load(path: string, log: Logger): Promise<LastVerdicts> {
    const file = new JsonFile(path, { shape, log });
    return new LastVerdicts(file, (await file.read()) ?? []);
  }

  /** `verdict`, or while that is `unknown` the last one. */
  of(gateway: number, verdict: Verdict): Verdict {
    return verdict === 'unknown' ? (this.#verdicts.get(gateway) ?? verdict) : verdict;
  }

  async note(gateway: number, verdict: Verdict): Promise<void> {
    this.#verdicts.set(gateway, verdict);
    const known = [...this.#verdicts].flatMap(([number, each]) =>
      each === 'unknown' ? [] : [{ gateway: number, verdict: each }],
    );
    await this.#file.write(known);
  }

  async erase(): Promise<void> {
    this.#verdicts.clear();
    await this.#file.write(undefined);
  }
}
