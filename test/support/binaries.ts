import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where the cache of built and downloaded programs lies. */
function cacheDirectory(): string {
  return process.env['SEGW_CACHE_DIR'] ?? join(homedir(), '.cache', 'segw');
}

/** The path of a program of the control plane: in the cache's `bin`, else on PATH. Throws with both places where there is none. */
export async function findBinary(name: string): Promise<string> {
  const folders = [join(cacheDirectory(), 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  for (const folder of folders) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  throw new Error(`${name} is neither in ${folders[0] ?? ''} nor on PATH; \`./segw up\` brings it`);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
