import { rm } from 'node:fs/promises';
import { exists, writeFileAtomic } from '../base/files.ts';
import { pollUntil } from '../base/poll.ts';
import { listens } from './control-socket.ts';
import { renderWant, wantPath } from './tunnel-files.ts';

interface TunnelClientOptions {
  readonly directory: string;
  /** How long to wait for a device. Default 20,000. */
  readonly timeoutMs?: number;
}

/** The agents' side: says by files which devices tunnel-host shall keep. Needs no tunnel-host to say so, but one to see a device come. */
export interface TunnelClient {
  /** Wants the device and waits until its process listens. Throws `Timeout` when none does. */
  ensure(device: string): Promise<void>;
  /** Wants the device no longer. Its process ends a moment later. */
  remove(device: string): Promise<void>;
}

export function createTunnelClient({ directory, timeoutMs = 20_000 }: TunnelClientOptions): TunnelClient {
  return {
    async ensure(device) {
      const path = wantPath(directory, device);
      if (!(await exists(path))) await writeFileAtomic(path, renderWant(device));
      await pollUntil(
        `wireguard-go for ${device}, which tunnel-host starts`,
        async (note) => {
          note(`nothing listens; see the log of tunnel-host, which reads ${directory}`);
          return (await listens(device)) || undefined;
        },
        { timeoutMs, intervalMs: 10 },
      );
    },
    async remove(device) {
      await rm(wantPath(directory, device), { force: true });
    },
  };
}
