import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SegwError, hasErrno } from '../base/error.ts';

/** wireguard-go keeps the control socket of each device here. */
export const socketDirectory = '/var/run/wireguard';

/** What an agent writes for each device that shall exist: `DEVICE.want`. */
const want = z.object({ device: z.string() });

/** Names that the kernel takes for a link and that are no path. */
const deviceName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/u;

/** Throws `InvalidInput` when `device` is no name for a device. */
export function wantPath(directory: string, device: string): string {
  return join(directory, `${checked(device)}.want`);
}

/** Where the process of the device is recorded. */
export function recordPath(directory: string, device: string): string {
  return join(directory, `${checked(device)}.pid`);
}

/** What wireguard-go prints. */
export function logPath(directory: string, device: string): string {
  return join(directory, `${checked(device)}.log`);
}

export function socketPath(device: string): string {
  return join(socketDirectory, `${checked(device)}.sock`);
}

export function renderWant(device: string): string {
  return `${JSON.stringify({ device })}\n`;
}

/** Throws `InvalidInput` unless the file `name` wants the device that it is called after. */
export function checkWant(name: string, text: string): void {
  const device = deviceOf(name, '.want');
  const parsed = want.safeParse(parseJson(text));
  if (parsed.data === undefined || parsed.data.device !== device)
    throw new SegwError('InvalidInput', `${name}: expected ${renderWant(device ?? 'DEVICE').trim()}, found ${text.trim()}`);
}

/** The devices that have a file with this ending, sorted; none when there is no such directory. */
export async function devicesWith(directory: string, ending: '.want' | '.pid'): Promise<string[]> {
  try {
    return (await readdir(directory)).flatMap((name) => deviceOf(name, ending) ?? []).sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The device that a file is called after; `undefined` for other files, unfinished ones among them. */
export function deviceOf(name: string, ending: '.want' | '.pid'): string | undefined {
  const device = name.endsWith(ending) ? name.slice(0, -ending.length) : '';
  return deviceName.test(device) ? device : undefined;
}

function checked(device: string): string {
  if (!deviceName.test(device)) throw new SegwError('InvalidInput', `"${device}" is no name for a device`);
  return device;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
