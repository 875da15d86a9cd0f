import { inStep } from '../../base/progress.ts';
import type { Context } from '../context.ts';
import { createProgress } from '../progress.ts';
import { toSegwError } from './azure-error.ts';

/** What the pollers of the old and the new Azure SDKs have in common. */
interface Poller<T> {
  submitted(): Promise<void>;
  pollUntilDone(options?: { readonly abortSignal?: AbortSignal }): Promise<T>;
}

interface LongRunning {
  /** What the user reads while it runs, and what an error begins with: `create cluster c1`. */
  readonly title: string;
  /** false: return as soon as the service has accepted the request. */
  readonly wait: boolean;
}

/** Sends the request and, unless told otherwise, waits for the end of its operation. Throws SegwError. */
export async function runToEnd<T>(context: Context, { title, wait }: LongRunning, poller: Poller<T>): Promise<T | undefined> {
  try {
    if (wait)
      return await inStep(createProgress(context.stderr), title, async () =>
        poller.pollUntilDone({ abortSignal: context.signal }),
      );
    await poller.submitted();
    return undefined;
  } catch (error) {
    throw toSegwError(error, title);
  }
}

/** One request. Throws SegwError that begins with `title`. */
export async function request<T>(title: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw toSegwError(error, title);
  }
}

/** Everything that a paged list of the SDK has. */
export async function collect<T>(title: string, pages: AsyncIterable<T>): Promise<readonly T[]> {
  return request(title, async () => Array.fromAsync(pages));
}
