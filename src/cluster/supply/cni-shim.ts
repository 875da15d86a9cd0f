import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { run } from '../../base/exec.ts';
import type { ProgressStep } from '../../base/progress.ts';
import { ensureEntry } from './cache-entry.ts';
import { contentKey, treeKey } from './content-key.ts';
import { ensureQuickJsSources, quickJsIntegrity } from './quickjs-sources.ts';
import { ensureRoot } from './roots.ts';
import { runOptions, type SupplyContext } from './supply-context.ts';

/** The name of the plugin's file. */
const fileName = 'static-egress-gateway';

/** Raised when the way it is built changes. */
const recipe = 'cni-shim/1';

/** The release of QuickJS; without its big numbers, which need a library more. */
const quickJsVersion = '2021-03-27';
const quickJsSources = ['quickjs.c', 'libregexp.c', 'libunicode.c', 'cutils.c'];

/** Linked as one static file: it runs on the node, whose C library is not ours to choose. */
const compilerArguments = [
  '-std=gnu11',
  '-O2',
  '-static',
  '-s',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wl,--gc-sections',
  '-Wl,--build-id=none',
  '-D_GNU_SOURCE',
  `-DCONFIG_VERSION="${quickJsVersion}"`,
  '-Iquickjs',
  '-o',
  fileName,
  'shim.c',
  ...quickJsSources.map((source) => `quickjs/${source}`),
  '-lm',
];

/**
 * The absolute path of the CNI plugin, built where the cache has none: the same bytes from the same sources and compiler. Needs root.
 * Throws `CommandFailed`, and what fetching the sources of QuickJS and making the compiler's root throw.
 */
export async function ensureCniShim(context: SupplyContext): Promise<string> {
  const { repositoryDir, architecture } = context;
  const frame = join(repositoryDir, 'deploy', 'images', 'cni-shim', 'shim.c');
  const script = bundleShim(repositoryDir);
  const key = contentKey(recipe, ...compilerArguments, script, await treeKey(frame), quickJsIntegrity);
  const folder = await ensureEntry(context, {
    path: `bin/cni-shim-${quickJsVersion}-${architecture}-${key}`,
    title: 'build the CNI plugin',
    make: async (output, step) => build(context, { quickJs: await ensureQuickJsSources(context), frame, script, output }, step),
  });
  return join(folder, fileName);
}

/** The program as QuickJS takes it: one script that defines `shim`. */
function bundleShim(repositoryDir: string): string {
  const { outputFiles } = buildSync({
    absWorkingDir: repositoryDir,
    entryPoints: ['src/cni/shim/shim.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'shim',
    target: 'es2020',
    minify: true,
    legalComments: 'none',
  });
  return outputFiles[0]?.text ?? '';
}

interface ShimParts {
  readonly quickJs: string;
  readonly frame: string;
  readonly script: string;
  readonly output: string;
}

async function build(context: SupplyContext, { quickJs, frame, script, output }: ShimParts, step: ProgressStep): Promise<void> {
  const root = await ensureRoot(context, 'build');
  step.line('compiling QuickJS; this takes half a minute');
  await mkdir(join(output, 'quickjs'));
  await copyFile(frame, join(output, 'shim.c'));
  await writeFile(join(output, 'shim.js'), script);
  await run('cp', ['-a', `${quickJs}/.`, join(output, 'quickjs')]);
  await compileIn(context, { root, folder: output }, step);
  for (const leftover of ['quickjs', 'shim.c', 'shim.js']) await rm(join(output, leftover), { recursive: true });
}

/**
 * Runs the compiler of `root` on `folder`. The root is nobody's to write into, so the folder is mounted on its /tmp, in a mount
 * namespace that ends with the compiler.
 */
async function compileIn(
  context: SupplyContext,
  { root, folder }: { readonly root: string; readonly folder: string },
  step: ProgressStep,
): Promise<void> {
  const script =
    'mount --bind "$1" "$0/tmp" && root=$0 && shift && exec chroot "$root" sh -c \'cd /tmp && exec gcc "$@"\' gcc "$@"';
  await run('unshare', ['--mount', 'sh', '-c', script, root, folder, ...compilerArguments], {
    ...runOptions(context, step),
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
}
