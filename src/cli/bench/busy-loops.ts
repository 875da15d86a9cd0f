import { Worker } from 'node:worker_threads';

/** Runs `work` while `count` threads compute without pause. */
export async function withBusyLoops<T>(count: number, work: () => Promise<T>): Promise<T> {
  const loops = Array.from({ length: count }, () => new Worker('for (;;);', { eval: true, name: 'busy loop' }));
  try {
    return await work();
  } finally {
    await Promise.all(loops.map(async (loop) => loop.terminate()));
  }
}
