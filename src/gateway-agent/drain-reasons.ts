import { z } from 'zod';
import { JsonFile } from '../base/json-file.ts';
import type { Logger } from '../base/log.ts';

/** What makes a gateway drain. */
export interface DrainReasons {
  readonly isCordoned: boolean;
  /** The scheduled events of its machine, in words. */
  readonly maintenance?: string | undefined;
  /** The agent is about to take everything out of the kernel. */
  readonly isLeaving?: boolean;
}

/** `undefined`: nothing does. Pure. */
export function describeReasons({ isCordoned, maintenance, isLeaving = false }: DrainReasons): string | undefined {
  const reasons = [
    ...(isCordoned ? ['the node is cordoned'] : []),
    ...(maintenance === undefined ? [] : [maintenance]),
    ...(isLeaving ? ['the agent is taking everything out of the kernel'] : []),
  ];
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

const shape = z.object({ isCordoned: z.boolean(), maintenance: z.string().optional() });

/**
 * Remembers over restarts of the agent why the gateway drains: one that answers `ready` until it has heard the API server and the
 * metadata service again would get new connections for that moment.
 */
export function openReasonsFile(path: string, log: Logger): JsonFile<DrainReasons> {
  return new JsonFile<DrainReasons>(path, { shape, log });
}
