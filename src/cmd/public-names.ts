/**
 * The relay of one `segw exec`. `public-names.ts ADDRESS PORT PID` passes connections to port 443 of ADDRESS, of loopback, on to PORT of
 * 127.0.0.1, until process PID ends. Prints a line when it listens, or why it does not.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../base/error.ts';
import { listenRelay } from '../cli/public-names/relay.ts';
import { readyLine } from '../cli/public-names/relay-process.ts';

const lookEveryMs = 1000;

const [address = '', armPort = '', pid = ''] = process.argv.slice(2);

try {
  const began = await startTime(pid);
  await listenRelay({ address, armPort: Number(armPort) });
  process.stdout.write(`${readyLine}\n`);
  for (let now = began; now !== undefined && now === began; now = await startTime(pid)) await sleep(lookEveryMs);
  process.exit(0);
} catch (error) {
  process.stdout.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

/** Ticks from the boot of the machine to the start of the process (proc(5), field 22); tells a reused id apart. */
async function startTime(id: string): Promise<string | undefined> {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
