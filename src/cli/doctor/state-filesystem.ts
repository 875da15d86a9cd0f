import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../base/error.ts';
import { run } from '../../base/exec.ts';
import { exists } from '../../base/files.ts';
import type { Context } from '../context.ts';
import { failure, ok, warning, type Finding } from './check.ts';

/** Mounts what a machine's disk is, an overlay, and writes the device node that stands for a deleted file (kernel: overlayfs.rst). */
const attempt = `cd "$0" && mkdir lower upper work root && touch lower/file &&
  mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work root && rm root/file && touch root/other`;

/** Whether machines can have their disks in the state folder. Tries it, in a mount namespace that ends with the attempt. */
export async function checkStateFilesystem({ settings, userId }: Pick<Context, 'settings' | 'userId'>): Promise<Finding> {
  const { stateDir } = settings;
  if (userId !== 0)
    return warning(`not looked at, since only root may mount: the file system of ${stateDir}`, 'Run this as root.');
  const folder = await mkdtemp(join(await nearestFolder(stateDir), '.segw-doctor-'));
  try {
    await run('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', attempt, folder]);
    return ok(`the disks of machines can lie in ${stateDir}`);
  } catch (error) {
    return failure(
      `the disks of machines cannot lie in ${stateDir}: ${reasonIn(messageOf(error))}`,
      'Set SEGW_STATE_DIR to a folder on ext4, xfs, btrfs or tmpfs: an overlay (the root of a container) or a network file system cannot hold them.',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The folder itself, or the nearest one above it that exists. */
export async function nearestFolder(folder: string): Promise<string> {
  return (await exists(folder)) ? folder : nearestFolder(dirname(folder));
}

/** The word of mount or rm out of what the attempt printed. */
function reasonIn(message: string): string {
  const lines = message.split('\n');
  return lines.find((line) => /^(?:mount|rm|touch): /.test(line)) ?? lines.at(-1) ?? '';
}
