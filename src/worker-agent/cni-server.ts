import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { SegwError } from '../base/error.ts';
import { toCniError } from '../cni/errors.ts';
import { parseInvocation, type Invocation } from '../cni/invocation.ts';

export interface CniServerOptions {
  readonly path: string;
  /**
   * The result for the plugin to print; `undefined` where there is none (DEL, CHECK). `signal` aborts when the plugin is gone or the
   * server stops.
   */
  readonly handle: (invocation: Invocation, signal: AbortSignal) => Promise<unknown>;
}

export interface CniServer {
  /** Takes no calls any more, aborts those under way and waits for them. */
  stop(): Promise<void>;
}

/** A pod's annotations may be 256 KiB; the rest is small. */
const maxRequestBytes = 4 << 20;
/** A shim writes its request at once. */
const requestTimeoutMs = 5000;
/** As many pods start at once on a node that has just come up. */
const maxConnections = 512;

/** How often it is looked whether the socket's file is still there: `/run` is cleaned by others too. */
const lookMs = 1000;

/**
 * Listens for the plugin: a line with a JSON request, a line with a JSON answer `{"result"}` or `{"error"}`, one call a connection.
 * Only root may connect. A socket file left behind is replaced, and one that somebody removes comes back.
 */
export async function startCniServer({ path, handle }: CniServerOptions): Promise<CniServer> {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const onCall = (socket: Socket): void => {
    const call = serve(socket, handle, stopping.signal);
    running.add(call);
    void call.finally(() => running.delete(call));
  };
  let server = await open(path, onCall);
  const keep = async (): Promise<void> => {
    for await (const _ of setInterval(lookMs, undefined, { signal: stopping.signal, ref: false })) {
      if (existsSync(path)) continue;
      // First: closing removes the file of that name, whosever it is.
      server.close();
      server = await open(path, onCall).catch(() => server);
    }
  };
  const kept = keep().catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort(new SegwError('AgentStarting', 'the worker-agent is being stopped', { retryable: true }));
      await kept;
      await Promise.all([...running, close(server)]);
    },
  };
}

async function open(path: string, onCall: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, onCall);
  server.maxConnections = maxConnections;
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await listen(server, path);
  return server;
}

/** Also of one that is closed already. */
async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await promise;
}

/** The file comes into being with the mode: nobody else can connect for a moment. */
async function listen(server: Server, path: string): Promise<void> {
  const mask = process.umask(0o177);
  try {
    server.listen({ path, backlog: maxConnections });
  } finally {
    process.umask(mask);
  }
  await once(server, 'listening');
  await chmod(path, 0o600);
}

async function serve(socket: Socket, handle: CniServerOptions['handle'], stopping: AbortSignal): Promise<void> {
  const gone = new AbortController();
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on('close', () => {
    gone.abort(new Error('the plugin is gone'));
    resolve();
  });
  // What breaks is closed, and closing is what we wait for.
  socket.on('error', () => undefined);
  const answer = await answerTo(socket, handle, AbortSignal.any([stopping, gone.signal]));
  if (!socket.destroyed) socket.end(`${JSON.stringify(answer)}\n`, () => socket.destroy());
  await closed;
}

async function answerTo(socket: Socket, handle: CniServerOptions['handle'], signal: AbortSignal): Promise<object> {
  try {
    const line = await readLine(socket);
    return { result: (await handle(parseInvocation(line), signal)) ?? {} };
  } catch (error) {
    return { error: toCniError(error) };
  }
}

async function readLine(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let length = 0;
  const fail = (why: string) => reject(new SegwError('InvalidInput', `CNI request: ${why}`));
  const timer = setTimeout(() => fail(`not complete after ${String(requestTimeoutMs / 1000)} s`), requestTimeoutMs);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxRequestBytes) fail(`longer than ${String(maxRequestBytes)} bytes`);
    else if (chunk.includes('\n')) resolve(Buffer.concat(chunks).toString('utf8'));
  });
  socket.on('end', () => fail('it ended without a newline'));
  socket.on('close', () => fail('the plugin is gone'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
