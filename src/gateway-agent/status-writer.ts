import { gatewayStatusKind, type GatewayStatus, type GatewayStatusStatus } from '../api/gateway-status.ts';
import { fieldManagers } from '../api/names.ts';
import { backoffMs } from '../base/backoff.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { isError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { withLimit, type Clock } from '../kube/clock.ts';
import { keyOf } from '../kube/object.ts';
import { statusPatch } from './gateway-status.ts';
import { SerialWork } from './serial-work.ts';

export interface StatusWriterOptions {
  readonly client: KubeClient;
  /** The object as the API server had it a moment ago. */
  readonly find: () => GatewayStatus | undefined;
  /** `undefined`: nothing can be said yet. */
  readonly desired: (current: GatewayStatus) => GatewayStatusStatus | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface StatusWriter {
  /** What is desired, or what is there, may have changed. */
  update(): void;
  /** Writes what is desired once more, as far as the API server lets us within two seconds. */
  stop(): Promise<void>;
}

const callLimitMs = 10_000;
const lastCallLimitMs = 2000;
const retry = { firstMs: 200, maxMs: 15_000 };

/** Keeps the status of one GatewayStatus as desired. Writes only what differs; what fails is tried again. */
export function startStatusWriter(options: StatusWriterOptions): StatusWriter {
  const { clock, log } = options;
  let failures = 0;
  const write = async (signal: AbortSignal): Promise<void> => {
    try {
      await writeWithin(callLimitMs, options, signal);
      failures = 0;
    } catch (error) {
      // When the object is there again, the watch says so.
      if (signal.aborted || isError(error, 'NotFound')) return;
      failures += 1;
      log.warn({ error: messageOf(error), failures }, 'status not written, will be tried again');
      work.request(backoffMs(failures - 1, retry));
    }
  };
  const work = new SerialWork(write, clock);
  return {
    update: () => work.request(0),
    stop: async () => {
      await work.stop();
      try {
        await writeWithin(lastCallLimitMs, options, new AbortController().signal);
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'last status not written');
      }
    },
  };
}

async function writeWithin(limitMs: number, options: StatusWriterOptions, signal: AbortSignal): Promise<void> {
  await withLimit(options.clock, { what: 'write the status', limitMs, signal }, (limited) => writeOnce(options, limited));
}

async function writeOnce({ client, find, desired }: StatusWriterOptions, signal: AbortSignal): Promise<void> {
  const current = find();
  if (current === undefined) return;
  const status = desired(current);
  const patch = status && statusPatch(current.status, status);
  if (patch === undefined) return;
  await client.patch(gatewayStatusKind, keyOf(current), patch, {
    subresource: 'status',
    fieldManager: fieldManagers.gatewayAgent,
    signal,
  });
}
