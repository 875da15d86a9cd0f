import { SegwError } from '../base/error.ts';
import type { Context } from './context.ts';

/** Throws `NeedsRoot` that names the command. */
export function requireRoot({ userId }: Pick<Context, 'userId'>, command: string): void {
  if (userId !== 0)
    throw new SegwError('NeedsRoot', `segw ${command} makes or ends namespaces, mounts and cgroups, and you are not root`);
}
