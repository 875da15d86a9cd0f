import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../src/base/exec.ts';
import { settings } from './installation.ts';

/** Runs a shell script on a machine of the region, as its root; returns standard output, trimmed. */
export async function runOnMachine(name: string, script: string): Promise<string> {
  const pid = await initPid(name);
  return (await run('nsenter', ['--target', pid, '--all', 'sh', '-euc', script])).trim();
}

/** Copies a file of the host to a machine's disk; folders are made. */
export async function copyToMachine(name: string, source: string, target: string): Promise<void> {
  const path = join('/proc', await initPid(name), 'root', target);
  await mkdir(dirname(path), { recursive: true });
  await copyFile(source, path);
}

/** Process 1 of the machine: the child of the process that holds its namespaces. */
async function initPid(name: string): Promise<string> {
  const plug = await readFile(join(settings.stateDir, 'machines', name, 'plug.pid'), 'utf8');
  const children = await readFile(`/proc/${plug}/task/${plug}/children`, 'utf8');
  const pid = children.split(' ').find(Boolean);
  if (pid === undefined) throw new Error(`machine ${name} does not run`);
  return pid;
}
