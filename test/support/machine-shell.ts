import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/base/exec.ts';
import { settings } from './installation.ts';

/** Runs a shell script on a machine of the region, as its root; returns standard output, trimmed. */
export async function runOnMachine(name: string, script: string): Promise<string> {
  const pid = await initPid(name);
  return (await run('nsenter', ['--target', pid, '--all', 'sh', '-euc', script])).trim();
}

/** Process 1 of the machine: the child of the process that holds its namespaces. */
async function initPid(name: string): Promise<string> {
  const plug = await readFile(join(settings.stateDir, 'machines', name, 'plug.pid'), 'utf8');
  const children = await readFile(`/proc/${plug}/task/${plug}/children`, 'utf8');
  const pid = children.split(' ').find(Boolean);
  if (pid === undefined) throw new Error(`machine ${name} does not run`);
  return pid;
}
