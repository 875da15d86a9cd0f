import type { Caller } from './tokens.ts';

/** What the middleware leaves for the handlers of the API. */
export interface ArmEnv {
  Variables: { caller: Caller };
}
