import { spreads } from '../api/names.ts';
import type { Spread } from '../dataplane/model.ts';

/** What the annotation or the flag says; `undefined`: nothing that we know. */
export function spreadOf(text: string | undefined): Spread | undefined {
  return spreads.find((spread) => spread === text);
}
