import { mkdirSync, watch } from 'node:fs';
import { messageOf } from '../base/error.ts';
import { readIfExists } from '../base/files.ts';
import { checkWant, devicesWith, wantPath } from './tunnel-files.ts';
import { endTunnel, keepTunnel, type TunnelOptions } from './tunnel.ts';

interface TunnelHostOptions extends TunnelOptions {
  /** How often the directory is read without being told of a change. Default 5000. */
  readonly intervalMs?: number;
}

interface Tunnel {
  readonly abort: AbortController;
  readonly end: Promise<void>;
}

/**
 * Runs a wireguard-go for each `DEVICE.want` in the directory: starts it, starts it again when it dies, ends it when the file goes.
 * `stop` leaves the processes running, for the next tunnel-host to adopt.
 */
export function startTunnelHost(options: TunnelHostOptions): { stop(): Promise<void> } {
  const { directory, intervalMs = 5000, log } = options;
  mkdirSync(directory, { recursive: true });
  const keeper = new TunnelKeeper(options);
  const look = () => {
    keeper.look().catch((error: unknown) => log.error({ directory, error: messageOf(error) }, 'the wanted tunnels are unknown'));
  };
  const watcher = watch(directory, look);
  watcher.on('error', (error) => log.error({ directory, error: error.message }, 'changes of the directory are seen late'));
  const timer = setInterval(look, intervalMs);
  look();
  return {
    async stop() {
      clearInterval(timer);
      watcher.close();
      await keeper.stop();
    },
  };
}

class TunnelKeeper {
  readonly #options: TunnelOptions;
  readonly #stopping = new AbortController();
  readonly #tunnels = new Map<string, Tunnel>();

  constructor(options: TunnelOptions) {
    this.#options = options;
  }

  /** Level-based: whatever happened before, reads what is wanted now. A tunnel that is about to end is begun again by a later look. */
  async look(): Promise<void> {
    const { directory } = this.#options;
    const wanted = new Set(await this.#wantedDevices());
    const left = await devicesWith(directory, '.pid');
    if (this.#stopping.signal.aborted) return;
    for (const device of new Set([...wanted, ...left])) {
      if (!this.#tunnels.has(device)) this.#begin(device);
    }
    for (const [device, { abort }] of this.#tunnels) {
      if (!wanted.has(device)) abort.abort();
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#tunnels.values()].map(({ end }) => end));
  }

  #begin(device: string): void {
    const abort = new AbortController();
    this.#tunnels.set(device, { abort, end: this.#run(device, abort.signal) });
  }

  async #run(device: string, unwanted: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const stopping = this.#stopping.signal;
    // Not before `look` has said whether the device is wanted.
    await Promise.resolve();
    try {
      await keepTunnel(device, this.#options, AbortSignal.any([unwanted, stopping]));
      if (!stopping.aborted) await endTunnel(device, this.#options);
    } catch (error) {
      log.error({ device, error: messageOf(error) }, 'a tunnel does not end');
    }
    this.#tunnels.delete(device);
    if (!stopping.aborted) await this.look();
  }

  async #wantedDevices(): Promise<string[]> {
    const { directory, log } = this.#options;
    const wanted: string[] = [];
    for (const device of await devicesWith(directory, '.want')) {
      const path = wantPath(directory, device);
      const text = await readIfExists(path);
      if (text === undefined) continue;
      try {
        checkWant(`${device}.want`, text);
        wanted.push(device);
      } catch (error) {
        log.warn({ path, error: messageOf(error) }, 'a file that wants nothing is left out');
      }
    }
    return wanted;
  }
}
