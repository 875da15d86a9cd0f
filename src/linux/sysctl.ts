import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inNetns } from './netns.ts';

/** The value of a sysctl, of the namespace kept at `netns` where it belongs to the network; default: of this thread's. */
export function readSysctl(name: string, netns?: string): string {
  return within(netns, () => readFileSync(sysctlPath(name), 'utf8').trim());
}

export function writeSysctl(name: string, value: string | number, netns?: string): void {
  within(netns, () => {
    writeFileSync(sysctlPath(name), String(value));
  });
}

/** `net.ipv4.ip_forward`, or with slashes where a device's name holds a dot: `net/ipv4/conf/eth0.1/rp_filter`. */
export function sysctlPath(name: string): string {
  return join('/proc/sys', name.includes('/') ? name : name.replaceAll('.', '/'));
}

function within<T>(netns: string | undefined, section: () => T): T {
  return netns === undefined ? section() : inNetns(netns, section);
}
