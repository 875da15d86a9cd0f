import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readFolder } from '../base/files.ts';

/**
 * Ends what tunnel-host is told to keep, a file `DEVICE.want` for each device. With a device its file goes; this is for files of
 * devices that went by themselves.
 */
export async function removeWants(directory: string, devicePrefix: string): Promise<void> {
  const wants = (await readFolder(directory)).filter((name) => name.startsWith(devicePrefix) && name.endsWith('.want'));
  await Promise.all(wants.map((name) => rm(join(directory, name), { force: true })));
}
