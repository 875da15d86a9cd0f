/** What is to be written about an occurrence: a new event, or a higher count on the one that is there. */
export type SeriesStep =
  | { readonly do: 'create' }
  | { readonly do: 'count'; readonly count: number; readonly lastMs: number }
  | { readonly do: 'nothing' };

interface Series {
  count: number;
  writtenCount: number;
  lastMs: number;
  writtenMs: number;
}

export interface EventSeriesTiming {
  /** Occurrences further apart are events of their own. */
  readonly windowMs: number;
  /** The count of a series is written no more often than this. */
  readonly writeEveryMs: number;
}

/** As client-go's recorder, but with a shorter time between two counts: operators look at events while something goes on. */
export const defaultSeriesTiming: EventSeriesTiming = { windowMs: 600_000, writeEveryMs: 30_000 };

/** Decides which occurrences of the same event are written. Pure: time comes in. */
export class EventSeries {
  readonly #timing: EventSeriesTiming;
  readonly #series = new Map<string, Series>();

  constructor(timing: EventSeriesTiming = defaultSeriesTiming) {
    this.#timing = timing;
  }

  /** One more occurrence of what `key` stands for. */
  record(key: string, nowMs: number): SeriesStep {
    this.#forget(nowMs);
    const series = this.#series.get(key);
    if (series === undefined) {
      this.#series.set(key, { count: 1, writtenCount: 1, lastMs: nowMs, writtenMs: nowMs });
      return { do: 'create' };
    }
    series.count++;
    series.lastMs = nowMs;
    // The second occurrence makes it a series, which is worth knowing at once.
    return series.count === 2 || nowMs >= series.writtenMs + this.#timing.writeEveryMs ? write(series, nowMs) : { do: 'nothing' };
  }

  /** The counts that are due to be written; `all`: also those that are not due yet. */
  due(nowMs: number, { all = false } = {}): readonly (readonly [string, SeriesStep])[] {
    this.#forget(nowMs);
    const unwritten = [...this.#series].filter(([, { count, writtenCount }]) => count > writtenCount);
    const due = unwritten.filter(([, { writtenMs }]) => all || nowMs >= writtenMs + this.#timing.writeEveryMs);
    return due.map(([key, series]) => [key, write(series, nowMs)]);
  }

  has(key: string): boolean {
    return this.#series.has(key);
  }

  /** The event of this key could not be written, or is gone: the next occurrence is a new one. */
  drop(key: string): void {
    this.#series.delete(key);
  }

  #forget(nowMs: number): void {
    for (const [key, { lastMs, count, writtenCount }] of this.#series)
      if (count === writtenCount && nowMs > lastMs + this.#timing.windowMs) this.#series.delete(key);
  }
}

function write(series: Series, nowMs: number): SeriesStep {
  series.writtenCount = series.count;
  series.writtenMs = nowMs;
  return { do: 'count', count: series.count, lastMs: series.lastMs };
}
