import type { AccessRequest } from './access.ts';
import type { Caller } from './tokens.ts';

/** What the middleware leaves for the handlers of the API. */
export interface ArmEnv {
  Variables: {
    caller: Caller;
    /** What the caller was found to be allowed to; absent where a token is enough. */
    access?: AccessRequest;
    /** Kinds of the faults that the request met. */
    faults?: readonly string[];
  };
}
