import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';
import { SegwError, hasErrno } from '../base/error.ts';

const symbols = koffi.load(null);

const c = {
  socket: symbols.func('int socket(int, int, int)') as (domain: number, type: number, protocol: number) => number,
  bind: symbols.func('int bind(int, const uint8_t *, uint32_t)') as (fd: number, address: Uint8Array, length: number) => number,
  setsockopt: symbols.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)') as (
    ...args: SetsockoptArguments
  ) => number,
  send: symbols.func('intptr_t send(int, const uint8_t *, size_t, int)') as SendFunction & { async: SendInPool },
  sendto: symbols.func('intptr_t sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)') as SendtoFunction,
  recv: symbols.func('intptr_t recv(int, uint8_t *, size_t, int)') as SendFunction,
  close: symbols.func('int close(int)') as (fd: number) => number,
  setns: symbols.func('int setns(int, int)') as (fd: number, kind: number) => number,
  unshare: symbols.func('int unshare(int)') as (flags: number) => number,
  mount: symbols.func('int mount(const char *, const char *, const char *, unsigned long, const void *)') as MountFunction,
  umount2: symbols.func('int umount2(const char *, int)') as (target: string, flags: number) => number,
};

type SendFunction = (fd: number, data: Uint8Array, length: number, flags: number) => number;
type SendInPool = (...args: [...Parameters<SendFunction>, done: (error: unknown, sent: number) => void]) => void;
type SendtoFunction = (...args: [...Parameters<SendFunction>, address: Uint8Array, addressLength: number]) => number;
type SetsockoptArguments = [fd: number, level: number, name: number, value: Uint8Array, length: number];
type MountFunction = (...args: [source: string, target: string, type: string | null, flags: number, data: null]) => number;

const SOCK_CLOEXEC = 0x8_0000;
const CLONE_NEWNET = 0x4000_0000;
const MSG_DONTWAIT = 0x40;
const MS_BIND = 0x1000;
const MNT_DETACH = 2;
const EAGAIN = 11;

/** Errors that pass by themselves: the kernel was busy, interrupted or out of buffers. */
const passing: ReadonlySet<string> = new Set(['EAGAIN', 'EBUSY', 'EINTR', 'ENOBUFS', 'ENOMEM']);

/**
 * The `SystemCall` error of a refusal by the kernel: `doing` says what we were about (`create link wg0`), `detail` is the name of
 * the system call or the kernel's own explanation. `isErrno` asks for the reason.
 */
export function systemCallError(doing: string, errno: number, detail: string): SegwError {
  const name = getSystemErrorName(-errno);
  const cause = Object.assign(new Error(`${name} (${String(errno)})`), { code: name });
  return new SegwError('SystemCall', `${doing}: ${name}, ${detail}`, { cause, retryable: passing.has(name) });
}

/** True for a `SystemCall` error that the kernel gave with this reason (`EEXIST`, `ENOENT`, ...). */
export function isErrno(thrown: unknown, ...names: readonly string[]): boolean {
  return thrown instanceof SegwError && names.some((name) => hasErrno(thrown.cause, name));
}

/** socket(2), closed on exec. Returns the file descriptor. */
export function openSocket(domain: number, type: number, protocol: number, doing: string): number {
  return check(c.socket(domain, type | SOCK_CLOEXEC, protocol), 'socket', doing);
}

export function bindSocket(fd: number, address: Uint8Array, doing: string): void {
  check(c.bind(fd, address, address.length), 'bind', doing);
}

interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly value: number;
}

/** setsockopt(2) of an option that is an `int`. */
export function setSocketOption(fd: number, { level, name, value }: SocketOption, doing: string): void {
  const bytes = new Uint8Array(new Int32Array([value]).buffer);
  check(c.setsockopt(fd, level, name, bytes, bytes.length), 'setsockopt', doing);
}

/** The same of an option that is a string, such as the name of a link. */
export function setSocketText(
  fd: number,
  { level, name, value }: Omit<SocketOption, 'value'> & { readonly value: string },
  doing: string,
): void {
  const bytes = Buffer.from(value);
  check(c.setsockopt(fd, level, name, bytes, bytes.length), 'setsockopt', doing);
}

export function send(fd: number, data: Uint8Array, doing: string): void {
  check(c.send(fd, data, data.length, 0), 'send', doing);
}

/** The same in a thread of the pool, for requests that the kernel takes long to carry out. */
export async function sendInPool(fd: number, data: Uint8Array, doing: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  c.send.async(fd, data, data.length, 0, (error, sent) => (error instanceof Error ? reject(error) : resolve(sent)));
  if ((await promise) < 0) throw new SegwError('SystemCall', `${doing}: send failed`);
}

export function sendTo(fd: number, data: Uint8Array, address: Uint8Array, doing: string): void {
  check(c.sendto(fd, data, data.length, 0, address, address.length), 'sendto', doing);
}

/** One datagram into `buffer`, without waiting. Returns its length, or `undefined` when none is there. */
export function receive(fd: number, buffer: Uint8Array, doing: string): number | undefined {
  const length = c.recv(fd, buffer, buffer.length, MSG_DONTWAIT);
  if (length < 0 && koffi.errno() === EAGAIN) return undefined;
  return check(length, 'recv', doing);
}

export function closeDescriptor(fd: number): void {
  check(c.close(fd), 'close', `close descriptor ${String(fd)}`);
}

/** Moves the calling thread, and nothing else, into the network namespace that `fd` refers to. */
export function enterNetns(fd: number, doing: string): void {
  check(c.setns(fd, CLONE_NEWNET), 'setns', doing);
}

/** Moves the calling thread, and nothing else, into a new network namespace. */
export function unshareNetns(doing: string): void {
  check(c.unshare(CLONE_NEWNET), 'unshare', doing);
}

export function bindMount(source: string, target: string): void {
  check(c.mount(source, target, null, MS_BIND, null), 'mount', `mount ${source} on ${target}`);
}

/** umount2(2), lazily: a mount that is still in use disappears from the tree at once and ends with its last user. */
export function unmount(target: string): void {
  check(c.umount2(target, MNT_DETACH), 'umount2', `unmount ${target}`);
}

/** Reads errno: nothing may run between the call and this. */
function check(result: number, call: string, doing: string): number {
  if (result >= 0) return result;
  throw systemCallError(doing, koffi.errno(), call);
}
