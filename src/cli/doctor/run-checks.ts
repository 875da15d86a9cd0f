import { messageOf, SegwError } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { toHostFault } from '../host-fault.ts';
import { failure, type Check, type Finding } from './check.ts';
import { checks } from './table.ts';

export interface CheckedFinding extends Finding {
  readonly check: string;
}

/** Looks at everything; a check that throws is an error itself. */
export async function runChecks(context: Context): Promise<readonly CheckedFinding[]> {
  return Promise.all(checks.map((check) => look(check, context)));
}

/** The errors among the findings. */
export async function findProblems(context: Context): Promise<readonly CheckedFinding[]> {
  return (await runChecks(context)).filter(({ severity }) => severity === 'error');
}

async function look(check: Check, context: Context): Promise<CheckedFinding> {
  try {
    return { check: check.name, ...(await check.look(context)) };
  } catch (thrown) {
    const error = toHostFault(thrown, context.settings);
    if (error instanceof SegwError) return { check: check.name, ...failure(error.message, error.remedy) };
    return { check: check.name, ...failure(`the check itself failed: ${messageOf(error)}`, 'Please report this.') };
  }
}
