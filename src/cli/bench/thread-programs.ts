import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from '../context.ts';

type ThreadProgram = 'traffic-thread' | 'rules-watch-thread' | 'plugin-chain-thread';

/** The program of a thread, which joins what a benchmark may not import itself. */
export function threadProgram({ root }: Pick<Context, 'root'>, name: ThreadProgram): URL {
  return pathToFileURL(join(root, 'src/cmd', `${name}.ts`));
}
