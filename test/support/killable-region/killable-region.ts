import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../../../src/base/error.ts';
import { parseRegionCredentials, type RegionCredentials } from '../../../src/cli/region-credentials.ts';
import type { MemoryPlatform } from '../memory-platform.ts';
import type { WorldAnswer, WorldCall } from './distant-platform.ts';

/** A region that is really killed, and comes back to the world that it left. */
export interface KillableRegion {
  /** Good for every life of it: it answers at the same place. */
  readonly credentials: RegionCredentials;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** A new process from the same state; resolves when it answers. */
  start(): Promise<void>;
}

interface KillableOptions {
  readonly stateDir: string;
  readonly platform: MemoryPlatform;
  /** How long the world takes for each thing that it is asked for. */
  readonly delayMs: () => number;
}

const program = fileURLToPath(new URL('region-process.ts', import.meta.url));

const readyMessage = z.object({
  ready: z.object({
    port: z.int(),
    tenantId: z.string(),
    subscriptionId: z.string(),
    clientId: z.string(),
    clientSecret: z.string(),
    authorityFile: z.string(),
  }),
});

export async function startKillableRegion(options: KillableOptions): Promise<KillableRegion> {
  let life = await startLife(options, 0);
  const { port, authorityFile: caFile, ...rest } = life.ready;
  const endpoint = `https://127.0.0.1:${String(port)}`;
  return {
    credentials: parseRegionCredentials({ armEndpoint: endpoint, authorityHost: endpoint, caFile, ...rest }),
    async kill() {
      if (life.child.exitCode !== null || life.child.signalCode !== null) return;
      life.child.kill('SIGKILL');
      await once(life.child, 'exit');
    },
    async start() {
      life = await startLife(options, port);
    },
  };
}

interface Life {
  readonly child: ChildProcess;
  readonly ready: z.infer<typeof readyMessage>['ready'];
}

async function startLife({ stateDir, platform, delayMs }: KillableOptions, port: number): Promise<Life> {
  const child = fork(program, [stateDir, String(port)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<Life>();
  child.once('exit', (code, signal) => reject(new Error(`the region ended before it answered: ${String(code ?? signal)}`)));
  child.on('message', (message: WorldCall) => {
    const { success, data } = readyMessage.safeParse(message);
    if (success) resolve({ child, ready: data.ready });
    else void answer(child, message, { platform, delayMs });
  });
  return promise;
}

/** What a region asked for before it was killed is done all the same, by a world that does not know. */
async function answer(
  child: ChildProcess,
  call: WorldCall,
  { platform, delayMs }: Pick<KillableOptions, 'platform' | 'delayMs'>,
): Promise<void> {
  await sleep(delayMs());
  const reply = await resultOf(call, platform);
  if (child.connected) child.send(reply, () => undefined);
}

async function resultOf({ id, room, method, args }: WorldCall, platform: MemoryPlatform): Promise<WorldAnswer> {
  try {
    const work: unknown = Reflect.get(platform[room], method);
    if (typeof work !== 'function') throw new Error(`the world has no ${room}.${method}`);
    return { id, result: await Reflect.apply(work, platform[room], args.map(toLive)) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    return { id, error: { code, message: messageOf(error) } };
  }
}

/** What could not travel: the content of a disk is asked for, and a signal is there. */
function toLive(value: unknown): unknown {
  if (value === undefined) return new AbortController().signal;
  if (typeof value !== 'object' || value === null || !('content' in value)) return value;
  const { content } = value;
  return { ...value, content: async () => content };
}
