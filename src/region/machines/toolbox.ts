import { join } from 'node:path';

const libraryFolders: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** libnftables inside the Debian root of the machines: the host needs no nftables of its own. */
export function libnftables(root: string, architecture: string = process.arch): string {
  return join(root, 'usr/lib', libraryFolders[architecture] ?? '', 'libnftables.so.1');
}
