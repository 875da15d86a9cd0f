import type { MachineFile } from './machine-content.ts';

/** Azure's resolver, at the same address in every virtual network. */
const platformResolver = '168.63.129.16';

/** What tells a machine who it is and whom it asks for names. */
export function identityFiles(name: string, address: string): readonly MachineFile[] {
  return [
    { path: '/etc/hostname', content: `${name}\n` },
    { path: '/etc/hosts', content: `127.0.0.1 localhost\n${address} ${name}\n` },
    { path: '/etc/resolv.conf', content: `nameserver ${platformResolver}\n` },
  ];
}
