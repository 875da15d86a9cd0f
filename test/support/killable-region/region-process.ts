/** A region in a process of its own, over the world of its parent: `region-process.ts STATE_DIR PORT`. Ends by being killed. */
import { createLogger } from '../../../src/base/log.ts';
import { listenTls } from '../../../src/region/listening-server.ts';
import { createRegion } from '../../../src/region/region.ts';
import { createDistantPlatform, type WorldAnswer } from './distant-platform.ts';

const [stateDir = '', port = '0'] = process.argv.slice(2);
const platform = createDistantPlatform({
  send: (call) => process.send?.(call),
  onAnswer: (listener) => {
    process.on('message', (answer: WorldAnswer) => {
      listener(answer);
    });
  },
});
const region = await createRegion({
  stateDir,
  platform,
  settings: { retryAfterSeconds: 0, featureFlags: { areNeeded: false, registrationSeconds: 0 } },
  log: createLogger('region', { level: 'silent' }),
});
const server = await listenTls(
  { fetch: region.app.fetch, certificate: region.certificate },
  { address: '127.0.0.1', port: Number(port) },
);
await region.start();
const { tenantId, subscriptionId, clientId, clientSecret, authorityFile } = region.credentials;
process.send?.({
  ready: { port: server.port, tenantId, subscriptionId, clientId, clientSecret: clientSecret.reveal(), authorityFile },
});
