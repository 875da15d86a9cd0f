import { idKey, sameId } from './ids.ts';

/** Whom work is for, and the scope that it holds. */
export interface Place {
  readonly resourceId: string;
  /** An id, in any case. */
  readonly scope: string;
}

/** Work of one scope is done in the order of the calls, one after another; that of different scopes at the same time. */
export interface ScopeTurns {
  /** `signal` is aborted by `cancel`. The work must not reject. */
  take<T>(place: Place & { readonly canCancel: boolean }, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Aborts what is done to this resource, or waits to be done, as far as it can be canceled. */
  cancel(resourceId: string): void;
  /** Resolves when everything that was begun before has ended. */
  settled(): Promise<void>;
}

interface Turn {
  readonly resourceId: string;
  readonly canceller: AbortController | undefined;
  readonly ended: Promise<unknown>;
}

export function createScopeTurns(): ScopeTurns {
  const turns = new Set<Turn>();
  const lastOfScope = new Map<string, Promise<unknown>>();
  return {
    async take({ resourceId, scope, canCancel }, work) {
      const key = idKey(scope);
      const canceller = new AbortController();
      const before = lastOfScope.get(key);
      const ended = (async () => {
        await before;
        return work(canceller.signal);
      })();
      const turn: Turn = { resourceId, canceller: canCancel ? canceller : undefined, ended };
      lastOfScope.set(key, ended);
      turns.add(turn);
      const result = await ended;
      turns.delete(turn);
      if (lastOfScope.get(key) === ended) lastOfScope.delete(key);
      return result;
    },
    cancel(resourceId) {
      for (const turn of turns) if (sameId(turn.resourceId, resourceId)) turn.canceller?.abort();
    },
    async settled() {
      await Promise.all([...turns].map(async ({ ended }) => ended));
    },
  };
}
