import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { connectInNetns } from '../../src/linux/netns-connection.ts';
import { fabricSettings, internetNamespace } from '../../src/region/fabric/fabric-settings.ts';
import { settings } from './installation.ts';

const limitMs = 3000;

/** GET / as a client on the internet host. Throws when nobody answers in three seconds. */
export async function fetchFromInternet(place: { readonly address: string; readonly port: number }): Promise<string> {
  const netns = join(settings.stateDir, 'netns', internetNamespace);
  const answered = Promise.withResolvers<string>();
  get(
    {
      host: place.address,
      signal: AbortSignal.timeout(limitMs),
      createConnection: () => connectInNetns(netns, { from: fabricSettings.internetAddress, ...place }),
    },
    (response) => {
      text(response).then(answered.resolve, answered.reject);
    },
  ).on('error', answered.reject);
  return answered.promise;
}
