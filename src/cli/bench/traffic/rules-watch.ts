import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface RulesWatchThreadData {
  readonly namespacePath: string;
}

export interface RulesWatch {
  /** When the kernel has taken the next change of rules (`hostClockMs`). One at a time. Throws what `signal` is aborted with. */
  next(signal: AbortSignal): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Hears from the kernel when the nft rules of a network namespace change: what was asked for over HTTP takes effect some time before its
 * answer is here. `program`: `src/cmd/rules-watch-thread.ts`.
 */
export async function startRulesWatch(program: URL, data: RulesWatchThreadData): Promise<RulesWatch> {
  const thread = new Worker(program, { workerData: data, name: 'rules watch' });
  await once(thread, 'message');
  let awaited: PromiseWithResolvers<number> | undefined;
  // Always heard: what nobody listens to would wait for the next who does.
  thread.on('message', (atMs: number) => awaited?.resolve(atMs));
  return {
    async next(signal) {
      const change = Promise.withResolvers<number>();
      awaited = change;
      const onAbort = (): void => change.reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await change.promise;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    async stop() {
      const ended = once(thread, 'exit');
      thread.postMessage('stop');
      await ended;
    },
  };
}
