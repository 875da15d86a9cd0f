import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import { run } from '../../base/exec.ts';
import type { ProgressStep } from '../../base/progress.ts';
import { ensureEntry, removeOldEntries } from '../../cluster/supply/cache-entry.ts';
import { contentKey, treeKey } from '../../cluster/supply/content-key.ts';
import { buildDebianRoot, debianRootKey, type DebianRoot } from '../../cluster/supply/debian-root.ts';
import { runOptions, type SupplyContext } from '../../cluster/supply/supply-context.ts';

/** What a guest starts from: absolute paths. `disk` is a squashfs that nobody writes to. */
export interface GuestImage {
  readonly kernel: string;
  readonly initramfs: string;
  readonly disk: string;
}

/** Raised when the way an image is made changes, so that it is made anew. */
const recipe = 'guest-image/1';

const guestRoot: DebianRoot = {
  variant: 'minbase',
  packages: `
    linux-image-cloud-amd64 systemd-sysv udev dbus kmod busybox-static
    bash coreutils util-linux mount procps libatomic1 libstdc++6
    iproute2 nftables conntrack ethtool socat iputils-ping wireguard-tools
  `
    .trim()
    .split(/\s+/),
};

/** With what they need, loaded before there is a root; everything else is on the disk. */
const earlyModules = ['virtio_pci', 'virtio_blk', 'squashfs', 'overlay'] as const;

/** Under an emulated processor, unpacking costs more than reading. */
const uncompressed = ['-noI', '-noD', '-noF', '-noX'] as const;

/** Built once from Debian's packages and `deploy/vm`. Needs root, `mksquashfs` and `cpio`. Throws `DebianNeeded`, `CommandFailed`. */
export async function ensureGuestImage(context: SupplyContext): Promise<GuestImage> {
  const additions = join(context.repositoryDir, 'deploy', 'vm');
  const key = contentKey(recipe, debianRootKey(context, guestRoot), await treeKey(additions));
  const family = 'vm/guest-';
  const folder = await ensureEntry(context, {
    path: `${family}${context.architecture}-${key}`,
    title: 'build the guest of the test level vm (Debian with its cloud kernel)',
    make: async (partial, step) => {
      await build(context, { additions, folder: partial }, step);
      // A quarter of a gigabyte each; a guest that runs has its own open.
      await removeOldEntries(context, family, 1);
    },
  });
  return { kernel: join(folder, 'vmlinuz'), initramfs: join(folder, 'initramfs'), disk: join(folder, 'disk.squashfs') };
}

interface Places {
  readonly additions: string;
  readonly folder: string;
}

async function build(context: SupplyContext, { additions, folder }: Places, step: ProgressStep): Promise<void> {
  const root = join(folder, 'root');
  await mkdir(root);
  await buildDebianRoot(context, guestRoot, root, step);
  await cp(join(additions, 'root'), root, { recursive: true, force: true });
  const options = runOptions(context, step);
  await buildInitramfs(root, { init: join(additions, 'initramfs-init'), target: join(folder, 'initramfs') });
  await rename(join(root, 'boot', `vmlinuz-${await kernelRelease(root)}`), join(folder, 'vmlinuz'));
  await run(
    'mksquashfs',
    [root, join(folder, 'disk.squashfs'), '-noappend', '-quiet', '-no-progress', ...uncompressed, '-e', 'boot'],
    options,
  );
  await rm(root, { recursive: true });
}

async function kernelRelease(root: string): Promise<string> {
  const [release, ...others] = await readdir(join(root, 'usr/lib/modules'));
  if (release === undefined || others.length > 0) {
    throw new SegwError('Internal', `the guest's root has ${String(others.length + 1)} kernels instead of one`);
  }
  return release;
}

interface InitramfsParts {
  readonly init: string;
  readonly target: string;
}

async function buildInitramfs(root: string, { init, target }: InitramfsParts): Promise<void> {
  const folder = `${target}.root`;
  for (const part of ['bin', 'modules', 'dev', 'disk', 'written', 'guest']) await mkdir(join(folder, part), { recursive: true });
  await cp(join(root, 'usr/bin/busybox'), join(folder, 'bin/busybox'));
  await cp(init, join(folder, 'init'));
  const modules = await modulesInOrder(root, await kernelRelease(root));
  for (const path of modules) await cp(join(root, path), join(folder, 'modules', basename(path)));
  await writeFile(join(folder, 'modules/order'), modules.map((path) => `${basename(path)}\n`).join(''));
  const pack = 'find . | LC_ALL=C sort | cpio --quiet --create --format=newc --owner=0:0 >"$0"';
  await run('sh', ['-c', `chmod 755 init && ${pack}`, target], { cwd: folder });
  await rm(folder, { recursive: true });
}

/** Paths of module files, each after those that it needs; without what is built into the kernel. */
async function modulesInOrder(root: string, release: string): Promise<readonly string[]> {
  const args = [root, 'modprobe', '--set-version', release, '--show-depends', '--all', ...earlyModules];
  return modulePaths(await run('chroot', args));
}

/** What `modprobe --show-depends` prints: `insmod PATH` and `builtin NAME`, a line each. */
function modulePaths(printed: string): readonly string[] {
  const lines = printed.split('\n').map((line) => line.trim().split(/\s+/));
  return [...new Set(lines.flatMap(([verb, path]) => (verb === 'insmod' && path !== undefined ? [path] : [])))];
}
