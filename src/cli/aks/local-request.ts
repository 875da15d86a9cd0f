import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'undici';
import { z } from 'zod';
import { SegwError } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import { regionToken } from './azure-clients.ts';
import { request } from './long-running.ts';

interface LocalRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

const apiVersion = '2026-01-01';

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/**
 * A request for what only a local region has (`/local/...`); returns the answer's JSON. Throws `AzureUnreachable`; `InvalidInput` and
 * `NotFound` with the region's words where it says so, `RegionFailed` with them for everything else.
 */
export async function callLocal(
  { settings, signal }: Pick<Context, 'settings' | 'signal'>,
  { method, path, body }: LocalRequest,
): Promise<unknown> {
  const region = await readRegionCredentials(settings);
  const dispatcher = new Agent({
    connect: { ca: await readFile(region.caFile, 'utf8') },
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  });
  const { statusCode, text } = await request(`${method} ${path}`, async () => {
    const authorization = `Bearer ${await regionToken(region, signal)}`;
    const url = `${region.armEndpoint}${path}?api-version=${apiVersion}`;
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await httpRequest(url, { method, dispatcher, headers, signal, ...content });
    return { statusCode: answer.statusCode, text: await answer.body.text() };
  });
  if (statusCode >= 400) throw toSegwError({ method, path }, statusCode, text);
  return JSON.parse(text);
}

function toSegwError({ method, path }: LocalRequest, statusCode: number, text: string): SegwError {
  const { success, data } = refusal.safeParse(parseJson(text));
  if (success && statusCode === 400) return new SegwError('InvalidInput', data.error.message);
  if (success && statusCode === 404) return new SegwError('NotFound', data.error.message);
  return new SegwError('RegionFailed', `${method} ${path}: ${success ? data.error.message : text}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
