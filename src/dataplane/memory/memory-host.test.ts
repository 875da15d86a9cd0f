import { hostContract } from '../../../test/support/dataplane/host-contract.ts';
import { defaultSettings } from '../settings.ts';
import { MemoryHost } from './memory-host.ts';

hostContract('a node without a kernel', () =>
  Promise.resolve({
    host: new MemoryHost(),
    settings: defaultSettings,
    publicKey: Buffer.alloc(32, 1).toString('base64'),
    close: () => Promise.resolve(),
  }),
);
