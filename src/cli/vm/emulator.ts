import { access, constants, readFile } from 'node:fs/promises';
import { SegwError } from '../../base/error.ts';
import { isOnPath } from '../../base/exec.ts';
import { exists } from '../../base/files.ts';
import { ensureHostPackages } from '../../cluster/supply/apt.ts';
import type { SupplyContext } from '../../cluster/supply/supply-context.ts';

/** What runs guests on this host. */
export interface Emulator {
  /** `tcg`: the processor is emulated, ten to fifty times slower. */
  readonly accelerator: 'kvm' | 'tcg';
  /** Absolute path of the program that shows folders of the host in a guest. */
  readonly virtiofsd: string;
}

/** Debian 12 has it in QEMU's own package, later releases in one that is called like it. */
const virtiofsdPaths = ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd'];

/** QEMU for x86-64 and what builds images for it; installed where missing. Throws `HostUnsuitable`, `DebianNeeded`, `CommandFailed`. */
export async function ensureEmulator(context: SupplyContext): Promise<Emulator> {
  if (context.architecture !== 'amd64') {
    throw new SegwError('HostUnsuitable', `the guest of the test level vm is x86-64, and this host is ${context.architecture}`, {
      remedy: 'Run the level on an x86-64 host; `segw test privileged` needs no guest.',
    });
  }
  await ensureHostPackages(context, {
    packages: ['qemu-system-x86', 'squashfs-tools', 'cpio'],
    purpose: 'the test level vm runs a guest',
    isPresent: async () => (await Promise.all(['qemu-system-x86_64', 'mksquashfs', 'cpio'].map(isOnPath))).every(Boolean),
  });
  return { accelerator: (await canUseKvm()) ? 'kvm' : 'tcg', virtiofsd: await findVirtiofsd() };
}

async function findVirtiofsd(): Promise<string> {
  for (const path of virtiofsdPaths) if (await exists(path)) return path;
  throw new SegwError('HostUnsuitable', `virtiofsd is at none of ${virtiofsdPaths.join(', ')}`, {
    remedy: 'Install it: `apt-get install virtiofsd`.',
  });
}

/** A KVM without the processor's own support (paravirtualised, in some clouds) has the device, too, and starts no stock kernel. */
async function canUseKvm(): Promise<boolean> {
  const flags = /^flags\s*:(.*)$/m.exec(await readFile('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? [];
  if (!flags.includes('vmx') && !flags.includes('svm')) return false;
  return access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}
