import type { Check } from './check.ts';
import { checkCache } from './cache-check.ts';
import { hostChecks } from './host-checks.ts';
import { nodeChecks } from './node-checks.ts';
import { regionChecks } from './region-checks.ts';

/** Every check, in the order in which `segw doctor` shows them: from the host upwards. Adding one = one row. */
export const checks: readonly Check[] = [...hostChecks, { name: 'cache', look: checkCache }, ...regionChecks, ...nodeChecks];
