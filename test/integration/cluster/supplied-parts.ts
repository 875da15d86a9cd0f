import { dirname } from 'node:path';
import { createSupply } from '../../../src/cluster/supply/supply.ts';
import { cacheDir, repositoryDir } from '../../support/paths.ts';

/** What a control plane's machine is made of; the first run builds it. */
export async function suppliedParts(): Promise<{ readonly binaries: string; readonly root: string }> {
  const supply = createSupply({ cacheDir, repositoryDir });
  const binaries = await supply.ensureBinaries(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']);
  return { binaries: dirname(binaries['kube-apiserver']), root: await supply.ensureRoot('machine') };
}
