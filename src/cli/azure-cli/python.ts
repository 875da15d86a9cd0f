import { realpath } from 'node:fs/promises';
import { execa } from 'execa';
import { SegwError } from '../../base/error.ts';
import { ensureHostPackages } from '../../cluster/supply/apt.ts';
import type { SupplyContext } from '../../cluster/supply/supply-context.ts';

/** The interpreter of PATH comes first, then the one of the distribution, which Debian's python3-venv completes. */
const candidates = ['python3', '/usr/bin/python3'];

/** What the pinned Azure CLI needs, and what Debian keeps in a package of its own: prints the path of the interpreter. */
const question =
  'import ensurepip, sys, venv; assert sys.version_info >= (3, 10); print(getattr(sys, "_base_executable", "") or sys.executable)';

/**
 * The absolute path of a Python of 3.10 or newer that can make virtual environments; installs Debian's when there is none. Not a link:
 * an environment that was made with it lasts as long as this very interpreter. Throws `PythonMissing`, `DebianNeeded`, `CommandFailed`.
 */
export async function ensurePython(context: SupplyContext): Promise<string> {
  const isPresent = async (): Promise<boolean> => (await findPython()) !== undefined;
  const python = { packages: ['python3', 'python3-venv'], purpose: 'the Azure CLI runs on it', isPresent };
  if (!(await isPresent())) await ensureHostPackages(context, python);
  const found = await findPython();
  if (found === undefined)
    throw new SegwError('PythonMissing', 'the Azure CLI needs Python 3.10 or newer, and the one of this host is older');
  return realpath(found);
}

async function findPython(): Promise<string | undefined> {
  for (const candidate of candidates) {
    const { failed, stdout } = await execa(candidate, ['-c', question], { reject: false });
    if (!failed) return stdout;
  }
  return undefined;
}
