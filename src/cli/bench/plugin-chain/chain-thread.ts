import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { SegwError } from '../../../base/error.ts';
import type { ChainCall, PluginDurations } from './chain-caller.ts';

export interface ChainThreadData {
  /** Any process of the node; its process 1. */
  readonly pid: number;
}

export interface ChainRequest extends ChainCall {
  readonly command: 'ADD' | 'DEL';
}

/** `durations` is empty after a DEL. */
export type ChainAnswer =
  | { readonly durations: PluginDurations; readonly error?: undefined }
  | { readonly durations?: undefined; readonly error: string };

const answerShape: z.ZodType<ChainAnswer> = z.union([
  z.object({ durations: z.array(z.object({ type: z.string(), durationMs: z.number() })) }),
  z.object({ error: z.string() }),
]);

/** A container runtime on a node, as far as its plugins can tell. One call at a time. */
export interface PluginChain {
  add(call: ChainCall): Promise<PluginDurations>;
  del(call: ChainCall): Promise<void>;
  stop(): Promise<void>;
}

/** `program`: `src/cmd/plugin-chain-thread.ts`. Errors of the plugins are `CommandFailed`. */
export function startPluginChain(program: URL, workerData: ChainThreadData): PluginChain {
  const thread = new Worker(program, { workerData, name: 'plugin-chain' });
  const ask = async (request: ChainRequest): Promise<PluginDurations> => {
    thread.postMessage(request);
    const [message] = await once(thread, 'message');
    const { durations, error } = answerShape.parse(message);
    if (error !== undefined) throw new SegwError('CommandFailed', error);
    return durations;
  };
  return {
    add: async (call) => ask({ ...call, command: 'ADD' }),
    async del(call) {
      await ask({ ...call, command: 'DEL' });
    },
    async stop() {
      await thread.terminate();
    },
  };
}
