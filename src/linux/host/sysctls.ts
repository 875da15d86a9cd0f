import { hasErrno } from '../../base/error.ts';
import type { Sysctl } from '../../dataplane/host-state.ts';
import { inNetns } from '../netns.ts';
import { readSysctl, writeSysctl } from '../sysctl.ts';

/** The values of `keys`, in which `*` stands for each of `devices`. Keys that the kernel does not have are left out. */
export function observeSysctls(netns: string, keys: readonly string[], devices: readonly string[]): Sysctl[] {
  const wanted = keys.flatMap((key): Omit<Sysctl, 'value'>[] =>
    key.includes('*') ? devices.map((device) => ({ key: key.replace('*', device), device })) : [{ key }],
  );
  return inNetns(netns, () =>
    wanted.flatMap((sysctl) => {
      const value = read(sysctl.key);
      return value === undefined ? [] : [{ ...sysctl, value }];
    }),
  );
}

export function ensureSysctl(netns: string, { key, value }: Sysctl): void {
  inNetns(netns, () => {
    if (read(key) !== value) writeSysctl(key, value);
  });
}

function read(key: string): string | undefined {
  try {
    return readSysctl(key);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return valueOfAbsent(key);
    throw error;
  }
}

/** A kernel started without IPv6, and a link with an MTU too small for it, have no such key: IPv6 is off there. */
function valueOfAbsent(key: string): string | undefined {
  return /^net\.ipv6\.conf\..*\.disable_ipv6$/u.test(key) ? '1' : undefined;
}
