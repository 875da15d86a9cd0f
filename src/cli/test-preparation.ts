import { SegwError } from '../base/error.ts';
import { isOnPath, run } from '../base/exec.ts';
import { inStep } from '../base/progress.ts';
import { testBinaryNames } from '../cluster/supply/binaries.ts';
import { createSupply } from '../cluster/supply/supply.ts';
import { ensureAzureCli } from './azure-cli/install.ts';
import type { Context } from './context.ts';
import { createProgress } from './progress.ts';

/** What tests compare the kernel with, and the Debian package of each. None starts a service or displaces anything. */
const packages: Readonly<Record<string, string>> = { ip: 'iproute2', nft: 'nftables', conntrack: 'conntrack' };

/**
 * What the levels with machines need: programs to compare with, the Azure CLI, everything that `segw up` would fetch or build, and what only
 * tests use. Done before the first test, since a build of Kubernetes would exceed the limits that tests have.
 */
export async function prepareTests(context: Context): Promise<void> {
  const { settings, stderr, root: repositoryDir, signal } = context;
  await ensureTestPrograms(context);
  const supply = createSupply({ cacheDir: settings.cacheDir, repositoryDir, progress: createProgress(stderr), signal });
  await supply.ensureAll();
  await supply.ensureBinaries(testBinaryNames);
  await ensureAzureCli(context);
}

/** Installs the programs that are missing, after saying so. The product itself needs none of them on the host. */
async function ensureTestPrograms({ stderr, signal }: Context): Promise<void> {
  const present = await Promise.all(Object.keys(packages).map((program) => isOnPath(program)));
  const missing = Object.values(packages).filter((_, index) => present[index] !== true);
  if (missing.length === 0) return;
  if (!(await isOnPath('apt-get'))) {
    throw new SegwError(
      'DebianNeeded',
      `the tests compare the kernel with what ${missing.join(', ')} print, and there is no apt-get to install them`,
    );
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await inStep(
    createProgress(stderr),
    `install ${missing.join(', ')} (Debian packages; tests compare with what they print)`,
    async (step) => {
      const options = { env, signal, onLine: (line: string) => step.line(line) };
      await run('apt-get', ['-qq', 'update'], options);
      await run('apt-get', ['-qq', 'install', '--no-install-recommends', ...missing], options);
    },
  );
}
