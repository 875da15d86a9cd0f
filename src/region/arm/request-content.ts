import type { Context } from 'hono';
import { ArmError } from './errors.ts';

/**
 * The request's path without escapes. Slashes that follow each other are one: SDKs put a slash before a scope that begins with one, and
 * `az resource show` an empty parent between namespace and type. Throws 400.
 */
export function decodedPath(c: Context): string {
  try {
    return decodeURIComponent(c.req.path).replace(/\/{2,}/g, '/');
  } catch {
    throw new ArmError(400, 'InvalidRequestUri', 'The path is not a well-formed URI.');
  }
}

/** The request's JSON; undefined when there is no body. Throws 400. */
export async function readBody(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ArmError(
      400,
      'InvalidRequestContent',
      'The request content was invalid and could not be deserialized: it is not JSON.',
      {
        cause: error,
      },
    );
  }
}
