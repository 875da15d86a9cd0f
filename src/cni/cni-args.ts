/**
 * Reads `CNI_ARGS`: `KEY=VALUE` pairs between semicolons, in any order (containerd's is random). What is no pair is left out; of a key
 * that comes twice the last counts. Source: CNI specification 1.0.0, section 2.
 */
export function parseCniArgs(text: string): Record<string, string> {
  const pairs = text
    .split(';')
    .map((pair) => [pair.indexOf('='), pair] as const)
    .filter(([equals]) => equals > 0)
    .map(([equals, pair]) => [pair.slice(0, equals), pair.slice(equals + 1)] as const);
  return Object.fromEntries(pairs);
}
