import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { SegwError } from '../../base/error.ts';
import type { RelayRoute } from './relay.ts';

const script = 'src/cmd/public-names.ts';

/** What the relay prints when it listens. Anything else is why it does not. */
export const readyLine = 'ready';

/**
 * Starts the relay that lasts as long as process `pid`, and waits until it listens. It is a child of nobody's: the program that takes
 * this process' place must not find one that it never started. In a session of its own a Ctrl-C on the terminal does not reach it.
 * Throws `PortTaken`.
 */
export async function startRelay(root: string, { address, armPort }: RelayRoute, pid: number): Promise<void> {
  const words = [process.execPath, `${root.replace(/\/$/, '')}/${script}`, address, String(armPort), String(pid)];
  const shell = spawn('sh', ['-c', '"$@" </dev/null 2>&1 &', 'sh', ...words], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [said] = await Promise.all([firstLineOf(shell.stdout), once(shell, 'exit')]);
  if (said === readyLine) return;
  throw new SegwError('PortTaken', said, { remedy: 'End the program that listens on port 443 at every address.' });
}

async function firstLineOf(output: Readable): Promise<string> {
  for await (const line of createInterface({ input: output })) return line;
  return 'the relay ended';
}
