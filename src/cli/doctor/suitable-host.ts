import { SegwError } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { hostChecks } from './host-checks.ts';

/**
 * What `segw up` looks at before it begins. Throws the code of the first check that finds an error and that a region cannot do without
 * (`HostUnsuitable`, `PortTaken`).
 */
export async function requireSuitableHost(context: Context): Promise<void> {
  for (const { blocks, look } of hostChecks) {
    if (blocks === undefined) continue;
    const { severity, message, remedy } = await look(context);
    if (severity === 'error') throw new SegwError(blocks, message, remedy === undefined ? {} : { remedy });
  }
}
