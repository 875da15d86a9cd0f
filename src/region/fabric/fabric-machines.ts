import { readFile } from 'node:fs/promises';
import type { MachineContent } from '../../cluster/machine-content.ts';
import { fabricSettings as settings } from './fabric-settings.ts';

const serverPath = '/opt/internet/server.ts';

/** The internet host: answers with the caller's address, echoes. */
export async function internetContent(): Promise<MachineContent> {
  return serverContent(settings.internetAddress);
}

/** A host of the on-premises network: the same answers, reached without translation. */
export async function onPremisesContent(): Promise<MachineContent> {
  return serverContent(settings.onPremisesAddress);
}

/** Azure's resolver, at the address where machines expect it. */
export function routerContent(): MachineContent {
  return {
    files: [{ path: '/etc/coredns/Corefile', content: corefile() }],
    services: [{ name: 'dns', command: ['/opt/segw/bin/coredns', '-conf', '/etc/coredns/Corefile'] }],
  };
}

async function serverContent(address: string): Promise<MachineContent> {
  const source = await readFile(new URL('internet/server.ts', import.meta.url), 'utf8');
  return {
    files: [{ path: serverPath, content: source }],
    services: [{ name: 'server', command: ['/opt/segw/bin/node', serverPath, address] }],
  };
}

/** A name that nobody has is answered with NXDOMAIN at once: nothing here leads to the real internet. */
function corefile(): string {
  return `. {
  bind ${settings.dnsAddress}
  errors
  hosts {
    ${settings.internetAddress} ${settings.internetNames.join(' ')}
    ${settings.dnsAddress} ${[...settings.azureNames, ...settings.publicAzureNames].join(' ')}
    ${settings.onPremisesAddress} ${settings.onPremisesNames.join(' ')}
    ttl 5
  }
}
`;
}
