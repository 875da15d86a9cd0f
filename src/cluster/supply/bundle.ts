import { basename, join } from 'node:path';
import { SegwError, messageOf } from '../../base/error.ts';
import { exists } from '../../base/files.ts';
import { ensureEntry, removeOldEntries } from './cache-entry.ts';
import { contentKey, treeKey } from './content-key.ts';
import type { SupplyContext } from './supply-context.ts';

/** Raised when the way a bundle is made changes. */
const recipe = 'bundle/1';

/** How many generations of a bundle stay in the cache. */
const keptBundles = 3;

/** Packages of CommonJS inside the bundle load modules of Node's by `require`, which an ECMAScript module does not have. */
const banner = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

/** Has a native module, which it looks for beside itself. */
const external = ['koffi'];

/**
 * The absolute path of one ECMAScript module that holds the program `entry` (relative to the repository) and everything that it
 * imports, but for native modules. The same sources and packages, the same bytes. Throws `NotFound`, `InvalidInput` with what esbuild says.
 */
export async function ensureBundle(context: SupplyContext, entry: string): Promise<string> {
  const { repositoryDir } = context;
  if (!(await exists(join(repositoryDir, entry))))
    throw new SegwError('NotFound', `bundle ${entry}: there is no such file in the repository`);
  const name = basename(entry, '.ts');
  const key = contentKey(
    recipe,
    entry,
    await treeKey(join(repositoryDir, 'src')),
    await treeKey(join(repositoryDir, 'package-lock.json')),
  );
  const folder = await ensureEntry(context, {
    path: `bundles/${name}-${key}`,
    title: `bundle ${name}`,
    make: async (output) => {
      await bundle(repositoryDir, entry, join(output, `${name}.mjs`));
      await removeOldEntries(context, `bundles/${name}-`, keptBundles - 1);
    },
  });
  return join(folder, `${name}.mjs`);
}

async function bundle(repositoryDir: string, entry: string, outfile: string): Promise<void> {
  try {
    const { build } = await import('esbuild'); // most starts find the bundle in the cache
    await build({
      absWorkingDir: repositoryDir,
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node26',
      external,
      banner: { js: banner },
      logLevel: 'silent',
    });
  } catch (error) {
    throw new SegwError('InvalidInput', `bundle ${entry}: ${messageOf(error)}`, { cause: error });
  }
}
