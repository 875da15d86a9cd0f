import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MachineContent } from '../../cluster/machine-content.ts';
import { exists } from '../../base/files.ts';

/** On the disk: a file per service. `boot.sh` starts them. */
export const servicesFolder = 'etc/segw/services';

/** The folders of one machine. `disk` is what survives a power-off; deleting it is re-imaging. */
export interface MachineFolders {
  readonly folder: string;
  readonly disk: string;
}

export function machineFolders(stateDir: string, name: string): MachineFolders {
  const folder = join(stateDir, 'machines', name);
  return { folder, disk: join(folder, 'disk') };
}

/** Makes the disk unless there is one: written beside its place, then renamed, so that a disk is whole or not there. */
export async function ensureDisk({ folder, disk }: MachineFolders, content: () => Promise<MachineContent>): Promise<void> {
  if (await exists(disk)) return;
  const unfinished = `${disk}.new`;
  for (const part of [unfinished, join(folder, 'work'), join(folder, 'containerd'), join(folder, 'kubelet')])
    await rm(part, { recursive: true, force: true });
  for (const part of ['work', 'root', 'containerd', 'kubelet']) await mkdir(join(folder, part), { recursive: true });
  const { files, services } = await content();
  await mkdir(unfinished, { recursive: true });
  for (const { path, content: text, mode = 0o644 } of files) await writeOnDisk(join(unfinished, path), text, mode);
  for (const { name, command } of services)
    await writeOnDisk(join(unfinished, servicesFolder, name), serviceScript(command), 0o755);
  await rename(unfinished, disk);
}

/** Deletes the machine's folders. */
export async function deleteDisk({ folder }: MachineFolders): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

async function writeOnDisk(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode, flag: 'wx' });
  await chmod(path, mode); // the mode of open() is cut by umask
}

function serviceScript(command: readonly string[]): string {
  return `#!/bin/sh\nexec ${command.map(quote).join(' ')}\n`;
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
