import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { SegwError, messageOf } from '../../base/error.ts';
import { pollUntil } from '../../base/poll.ts';
import { inNetns } from '../netns.ts';
import { diffWireguard, isEmptyChange, type WireguardDevice } from './device.ts';
import { checkSetResponse, getRequest, parseGetResponse, renderSetRequest } from './uapi.ts';

/** wireguard-go keeps a socket for each device here, whatever network namespace it runs in. */
const socketDirectory = '/var/run/wireguard';

/** Without them a busy process keeps 40 MB; with them 12, at the same speed (node-runtime-facts.md, section D). */
const memoryLimits = { GOMEMLIMIT: '16MiB', GOGC: '50' };

const startTimeoutMs = 10_000;
const answerTimeoutMs = 10_000;

interface StartOptions {
  /** Path of wireguard-go. */
  readonly binary: string;
  /** Of the device: final, since the process looks its device up by it again later. At most 15 characters. */
  readonly name: string;
  /** Path of the namespace of the device and of its UDP socket; default: this thread's. The device alone may be moved later. */
  readonly netns?: string;
  /** File descriptor for what it prints; default: nowhere. */
  readonly logDescriptor?: number;
  readonly signal?: AbortSignal;
}

/**
 * Starts wireguard-go unless one answers for this device already, in a process group of its own so that it outlives this process, and
 * waits until it answers: before that, moving its device would end it. It ends when its link is deleted. Returns the process id of a new
 * one. Throws `WireguardRefused` when it ends instead.
 */
export async function ensureWireguardGo(options: StartOptions): Promise<number | undefined> {
  const { name, signal } = options;
  if (await answers(name)) return undefined;
  const child = spawnWireguardGo(options);
  const polling = new AbortController();
  const ready = pollUntil(`an answer of wireguard-go for ${name}`, async () => (await answers(name)) || undefined, {
    timeoutMs: startTimeoutMs,
    intervalMs: 10,
    signal: AbortSignal.any([polling.signal, ...(signal ? [signal] : [])]),
  });
  try {
    await Promise.race([ready, failureOf(child, `${options.binary} ${name}`)]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    polling.abort();
  }
  return child.pid;
}

function spawnWireguardGo({ binary, name, netns, logDescriptor }: StartOptions): ChildProcess {
  const output = logDescriptor ?? 'ignore';
  const start = (): ChildProcess =>
    spawn(binary, ['--foreground', name], { detached: true, stdio: ['ignore', output, output], env: memoryLimits, cwd: '/' });
  const child = netns === undefined ? start() : inNetns(netns, start);
  child.unref();
  return child;
}

/** The device `name` of a running wireguard-go. */
export function userspaceWireguard(name: string): WireguardDevice {
  const read = async () => parseGetResponse(await ask(name, getRequest));
  return {
    name,
    read,
    async configure(config) {
      const change = diffWireguard(await read(), config);
      if (!isEmptyChange(change)) checkSetResponse(await ask(name, renderSetRequest(change)));
    },
  };
}

/** One request to the device's process. Throws `WireguardRefused` when nobody answers. */
async function ask(name: string, request: string): Promise<string> {
  const socket = connect(join(socketDirectory, `${name}.sock`));
  socket.setEncoding('utf8');
  socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error(`no answer after ${String(answerTimeoutMs)} ms`)));
  try {
    socket.write(request);
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer.endsWith('\n\n')) return answer;
    }
    throw new Error('the answer broke off');
  } catch (error) {
    throw new SegwError('WireguardRefused', `wireguard-go for ${name}: ${messageOf(error)}`, { cause: error, retryable: true });
  } finally {
    socket.destroy();
  }
}

async function answers(name: string): Promise<boolean> {
  try {
    await ask(name, getRequest);
    return true;
  } catch {
    return false;
  }
}

/** Rejects when the process does not start, or ends. */
async function failureOf(child: ChildProcess, command: string): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  child.once('error', (cause) => reject(new SegwError('WireguardRefused', `start ${command}: ${cause.message}`, { cause })));
  child.once('exit', (code, killer) =>
    reject(new SegwError('WireguardRefused', `${command} ended with ${code === null ? String(killer) : `code ${String(code)}`}`)),
  );
  return await promise;
}
