import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'undici';
import { SegwError } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import { regionToken } from './azure-clients.ts';
import { request } from './long-running.ts';

const apiVersion = '2026-01-01';

/** A POST to what only a local region has (`/local/...`). Throws `AzureUnreachable`, `RegionFailed` with the region's words. */
export async function postLocal({ settings, signal }: Pick<Context, 'settings' | 'signal'>, path: string): Promise<unknown> {
  const region = await readRegionCredentials(settings);
  const dispatcher = new Agent({
    connect: { ca: await readFile(region.caFile, 'utf8') },
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  });
  const { statusCode, text } = await request(`POST ${path}`, async () => {
    const authorization = `Bearer ${await regionToken(region, signal)}`;
    const url = `${region.armEndpoint}${path}?api-version=${apiVersion}`;
    const answer = await httpRequest(url, { method: 'POST', dispatcher, headers: { authorization }, signal });
    return { statusCode: answer.statusCode, text: await answer.body.text() };
  });
  if (statusCode >= 400) throw new SegwError('RegionFailed', `POST ${path}: ${text}`);
  return JSON.parse(text);
}
