import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../base/backoff.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { endOfListener, listens } from './control-socket.ts';
import { endProcess, recordProcess, runningProcess } from './process-record.ts';
import { logPath, recordPath, socketPath } from './tunnel-files.ts';

export interface TunnelOptions {
  readonly directory: string;
  /**
   * Starts wireguard-go in its own process group and waits until it answers. Returns its process id. Never interrupted: a process that
   * has begun must be recorded, or nobody could end it.
   */
  readonly start: (device: string) => Promise<number | undefined>;
  readonly log: Logger;
}

/** A process that has run for so long is started again at once when it ends. */
const steadyMs = 10_000;
const pauses = { firstMs: 100, maxMs: 10_000 };

/** Keeps a wireguard-go running for the device until `signal`, and leaves it running then. One that runs already is adopted. */
export async function keepTunnel(device: string, options: TunnelOptions, signal: AbortSignal): Promise<void> {
  const { log } = options;
  for (let failures = 0; !signal.aborted;) {
    const beganMs = performance.now();
    try {
      await ensureProcess(device, options);
      await endOfListener(device, signal);
      log.warn({ device }, 'wireguard-go ended');
    } catch (error) {
      if (signal.aborted) return;
      log.error({ device, error: messageOf(error) }, 'wireguard-go does not run');
    }
    failures = performance.now() - beganMs > steadyMs ? 0 : failures + 1;
    if (failures > 0) await pause(backoffMs(failures - 1, pauses), signal);
  }
}

/** Ends the device's process and takes away what it leaves. Twice is once. */
export async function endTunnel(device: string, { directory, log }: TunnelOptions): Promise<void> {
  await endProcess(recordPath(directory, device));
  if (await listens(device)) {
    log.warn({ device }, 'a wireguard-go that tunnel-host did not start still runs');
    return;
  }
  await rm(socketPath(device), { force: true });
  await rm(logPath(directory, device), { force: true });
  log.info({ device }, 'tunnel ended');
}

async function ensureProcess(device: string, { directory, start, log }: TunnelOptions): Promise<void> {
  const record = recordPath(directory, device);
  if (await listens(device)) {
    log.info({ device, pid: (await runningProcess(record))?.pid }, 'wireguard-go runs already');
    return;
  }
  // A process that no longer listens is of no use, and keeps the device; a dead one leaves its socket.
  await endProcess(record);
  await rm(socketPath(device), { force: true });
  const pid = await start(device);
  if (pid !== undefined) await recordProcess(record, pid);
  log.info({ device, pid }, 'wireguard-go started');
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // The caller sees the signal.
  }
}
