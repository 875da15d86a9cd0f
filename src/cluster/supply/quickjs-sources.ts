import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import { run } from '../../base/exec.ts';
import { ensureEntry } from './cache-entry.ts';
import { runOptions, type SupplyContext } from './supply-context.ts';

/** The npm package that carries the sources. Not a dependency: of its code nothing runs, and it would bring a hundred others. */
const npmPackage = 'qjsc@0.3.0';
const archive = 'qjsc-0.3.0.tgz';
const folder = 'quickjs_2021_03_27';

/** Subresource integrity of the package's archive, as npm writes it into lock files. */
export const quickJsIntegrity = 'sha512-a7+cU6/IVcZbIejffdt/wZVMX6LL2MDL3HQ9Zb5Gm23G9DvBMS/z9GHFxz39bAvp2PvMOM+ypSOAyokt2DdZ2w==';

/** The absolute path of QuickJS' C sources. Throws `DownloadCorrupt`, and `CommandFailed` when npm cannot fetch them. */
export async function ensureQuickJsSources(context: SupplyContext): Promise<string> {
  const entry = await ensureEntry(context, {
    path: `downloads/${folder}`,
    title: 'fetch the sources of QuickJS',
    async make(output, step) {
      await run('npm', ['pack', npmPackage, '--pack-destination', output], runOptions(context, step));
      const file = join(output, archive);
      const integrity = `sha512-${createHash('sha512')
        .update(await readFile(file))
        .digest('base64')}`;
      if (integrity !== quickJsIntegrity) {
        throw new SegwError(
          'DownloadCorrupt',
          `${npmPackage}: its archive has the checksum ${integrity}, not ${quickJsIntegrity}`,
        );
      }
      await run('tar', ['-xf', file, '-C', output, '--strip-components=2', `package/deps/${folder}`]);
      await rm(file);
    },
  });
  return join(entry, folder);
}
