import type { Context } from '../context.ts';

export type Severity = 'ok' | 'warning' | 'error';

/** What a check saw: the state in one sentence and, unless all is well, the next step. */
export interface Finding {
  readonly severity: Severity;
  readonly message: string;
  readonly remedy?: string;
}

/** One thing that `segw doctor` looks at. It changes nothing; a check that throws becomes an error finding. */
export interface Check {
  /** Stable, kebab-case: programs read it. */
  readonly name: string;
  /** Without it there is no region: `segw up` looks first, and ends with this code when the check finds an error. */
  readonly blocks?: 'HostUnsuitable' | 'PortTaken';
  readonly look: (context: Context) => Promise<Finding> | Finding;
}

export function ok(message: string): Finding {
  return { severity: 'ok', message };
}

export function warning(message: string, remedy: string): Finding {
  return { severity: 'warning', message, remedy };
}

export function failure(message: string, remedy: string): Finding {
  return { severity: 'error', message, remedy };
}
