import type { Writable } from 'node:stream';
import colors from 'yoctocolors';

/** What the demo tells: what happens, the az or kubectl command that it stands for, and what was seen. */
export interface Narrator {
  say(text: string): void;
  /** The command that a user would type. */
  command(text: string): void;
  result(text: string): void;
}

export function createNarrator(stderr: Writable): Narrator {
  const write = (text: string): void => void stderr.write(`${text}\n`);
  return {
    say: (text) => write(`\n${colors.bold(text)}`),
    command: (text) => write(colors.dim(`  $ ${text}`)),
    result: (text) => write(`  ${colors.green(text)}`),
  };
}
