import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { Agent, request } from 'undici';
import { messageOf } from '../base/error.ts';
import type { RegionCredentials } from './region-credentials.ts';

const answerTimeoutMs = 3000;

export const silentRegionRemedy = 'Run `segw down`, which ends it hard, then `segw up`: the state is kept.';

/** Asks the region for what needs no token. `undefined` when it answers, else why not. */
export async function silenceOf({ armEndpoint, caFile }: RegionCredentials): Promise<string | undefined> {
  const dispatcher = new Agent({ connect: { ca: await readFile(caFile, 'utf8'), timeout: answerTimeoutMs } });
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const { statusCode, body } = await request(`${armEndpoint}/metadata/endpoints`, { dispatcher, signal });
    await body.dump();
    return statusCode === 200 ? undefined : `status ${String(statusCode)}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    await dispatcher.destroy();
  }
}

/** Whether anybody listens at the region's address: a millisecond, where a request would take twenty. */
export async function isListening({ armEndpoint }: Pick<RegionCredentials, 'armEndpoint'>): Promise<boolean> {
  const { hostname, port } = new URL(armEndpoint);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
