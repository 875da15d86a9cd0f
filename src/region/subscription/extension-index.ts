import { Hono } from 'hono';
import { originOf } from '../arm/origin.ts';
import { createStubWheel } from './stub-wheel.ts';

/**
 * `/extensions/index.json` and the wheel that it names. az looks for them below the cloud's `azmirrorStorageAccountResourceId`
 * (arm-facts 1.1), so that `az extension add` and `update` need no other place. Without a token.
 */
export function createExtensionIndex(): Hono {
  const wheel = createStubWheel();
  const { fileName, digest, metadata, content } = wheel;
  const app = new Hono();
  app.get('/extensions/index.json', (c) => {
    const downloadUrl = `${originOf(c)}/extensions/${fileName}`;
    const release = { downloadUrl, filename: fileName, sha256Digest: digest, metadata };
    return c.json({ formatVersion: '1', extensions: { [String(metadata['name'])]: [release] } });
  });
  app.get(`/extensions/${fileName}`, (c) => c.body(new Uint8Array(content), 200, { 'Content-Type': 'application/octet-stream' }));
  return app;
}
