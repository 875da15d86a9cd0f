import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../base/exec.ts';
import type { FabricKernel } from '../fabric/kernel.ts';
import { removeCgroup } from './cgroups.ts';

interface SweepOptions {
  readonly stateDir: string;
  readonly installation: string;
  /** Where namespaces are kept as files. */
  readonly namespaces: string;
  readonly kernel: Pick<FabricKernel, 'listNamespaces' | 'deleteNamespace'>;
}

/**
 * Ends everything of this installation that the kernel holds: processes and cgroups, namespaces with their links and rules, mounts. It
 * needs no record of what there was: everything is found by the installation's name or below its state folder. Twice is once.
 */
export async function sweep({ stateDir, installation, namespaces, kernel }: SweepOptions): Promise<void> {
  await removeCgroup(installation);
  for (const name of kernel.listNamespaces(namespaces)) kernel.deleteNamespace(join(namespaces, name));
  for (const mount of await mountsBelow(stateDir)) await run('umount', ['--lazy', mount]);
  await rm(namespaces, { recursive: true, force: true });
}

/** Deepest first. Source: proc_pid_mounts(5); spaces in paths are written as \040. */
async function mountsBelow(folder: string): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  const points = lines.map((line) => (line.split(' ')[1] ?? '').replaceAll(String.raw`\040`, ' '));
  return points.filter((point) => point.startsWith(`${folder}/`)).reverse();
}
