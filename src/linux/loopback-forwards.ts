import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SegwError } from '../base/error.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { LoopbackForward, LoopbackForwards } from '../cluster/loopback-forwards.ts';

interface Options {
  /** The path of a machine's network namespace. */
  readonly namespacePath: (machine: string) => string;
}

/**
 * One thread per port: it listens on the host's loopback, then enters the machine's namespace for good, so that every connection it
 * makes is made in there. No link and no route on the host. A thread costs about 11 MB; there is one per cluster.
 */
export function createLoopbackForwards({ namespacePath }: Options): LoopbackForwards {
  const threads = new Map<number, { readonly worker: Worker; readonly namespace: number }>();
  const lock = new KeyedLock();

  async function end(port: number): Promise<void> {
    await threads.get(port)?.worker.terminate();
    threads.delete(port);
  }

  return {
    open: ({ machine, ...forward }) =>
      lock.run(String(forward.port), async () => {
        const netns = namespacePath(machine);
        const namespace = statSync(netns).ino; // a machine that was powered off and on has a new one
        if (threads.get(forward.port)?.namespace === namespace) return;
        await end(forward.port);
        threads.set(forward.port, { worker: await startThread({ ...forward, netns }), namespace });
      }),
    close: (port) => lock.run(String(port), () => end(port)),
  };
}

export interface ForwardThreadData extends Omit<LoopbackForward, 'machine'> {
  readonly netns: string;
}

async function startThread(data: ForwardThreadData): Promise<Worker> {
  const worker = new Worker(new URL('loopback-forward-thread.ts', import.meta.url), { workerData: data });
  worker.unref();
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', (error: Error) =>
      reject(
        new SegwError(
          'PortTaken',
          `listen on 127.0.0.1:${String(data.port)} for ${data.targetAddress}:${String(data.targetPort)}: ${error.message}`,
          {
            cause: error,
          },
        ),
      ),
    );
  });
  return worker;
}
