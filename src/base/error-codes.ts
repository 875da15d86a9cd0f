/**
 * Every error code of the product: what it means and what to do about it. `docs/errors.md` is generated from this table and a
 * test compares the two, so a code that is thrown but not listed here does not compile, and one that is listed is documented.
 */
export const errorCodes = {
  CommandFailed: {
    means: 'A program that we started ended with an error.',
    remedy: 'Read the last lines of its output in the message; run the command by hand.',
  },
  Timeout: {
    means: 'Something did not happen within its limit.',
    remedy: 'The message names what was awaited and its last state; `segw doctor` looks for the cause.',
  },
  InvalidInput: {
    means: 'A flag, a file or a request holds a value that is not allowed.',
    remedy: 'The message names the field, the value and what is allowed.',
  },
  NotFound: {
    means: 'The named thing does not exist.',
    remedy: 'Check the spelling; the matching `list` command shows what exists.',
  },
  Internal: {
    means: 'A condition that should be impossible. It is a defect of this software.',
    remedy: 'Please report it with the message and `segw doctor --output json`.',
  },
} as const satisfies Record<string, { means: string; remedy: string }>;

export type ErrorCode = keyof typeof errorCodes;
