import type { Context } from 'hono';

/**
 * `https://HOST[:PORT]` as the client wrote it: the same plane answers under several names and ports, and the addresses that it hands
 * out must lead back to where the client came from.
 */
export function originOf(c: Context): string {
  return `https://${c.req.header('host') ?? new URL(c.req.url).host}`;
}
