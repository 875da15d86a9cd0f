import { join } from 'node:path';
import type { BinaryName } from '../../src/cluster/supply/binaries.ts';
import { createSupply } from '../../src/cluster/supply/supply.ts';
import { cacheDir, repositoryDir } from './paths.ts';

const supply = createSupply({ cacheDir, repositoryDir });

/** The path of a program that the supply brings; the first call on a machine builds it. */
export async function findBinary(name: BinaryName): Promise<string> {
  const paths = await supply.ensureBinaries([name]);
  return paths[name];
}

/** The path of a program of Debian's, inside the machines' root. */
export async function findMachineProgram(name: string): Promise<string> {
  return join(await supply.ensureRoot('machine'), 'usr', 'bin', name);
}
