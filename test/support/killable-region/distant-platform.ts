import type { Platform } from '../../../src/region/platform.ts';

/** A call to the world, as it is sent to the process that holds it. */
export interface WorldCall {
  readonly id: number;
  readonly room: keyof Platform;
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface WorldAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string | undefined; readonly message: string };
}

interface Line {
  send(call: WorldCall): void;
  onAnswer(listener: (answer: WorldAnswer) => void): void;
}

/** The world of another process: a region that is killed leaves it as it is. */
export function createDistantPlatform(line: Line): Platform {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  line.onAnswer(({ id, result, error }) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(Object.assign(new Error(error.message), { code: error.code }));
  });
  const room = <Name extends keyof Platform>(name: Name): Platform[Name] =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever is asked for is asked of the other process
    new Proxy({} as Platform[Name], {
      get:
        (_target, method) =>
        async (...args: readonly unknown[]) => {
          const call = Promise.withResolvers<unknown>();
          last += 1;
          waiting.set(last, call);
          line.send({ id: last, room: name, method: String(method), args: await Promise.all(args.map(toPlain)) });
          return call.promise;
        },
    });
  return { network: room('network'), machines: room('machines'), clusters: room('clusters') };
}

/** Functions do not travel: the content of a disk goes along, and a signal stays here. */
async function toPlain(value: unknown): Promise<unknown> {
  if (value instanceof AbortSignal) return undefined;
  if (typeof value !== 'object' || value === null || !('content' in value) || typeof value.content !== 'function') return value;
  const content: unknown = await value.content();
  return { ...value, content };
}
