import type { Cidr } from '../../base/addresses.ts';

/**
 * The fixed addresses and names of the fabric. Public ones are documentation ranges (RFC 5737); 168.63.129.16 and 169.254.169.254 are
 * Azure's own for DNS and instance metadata.
 */
export const fabricSettings = {
  internetAddress: '192.0.2.10',
  /** Where a router sends what leaves its virtual network. */
  coreAddress: '192.0.2.1',
  /** What the core calls the router at the other end of every uplink: only a next hop, never a source. */
  routerAddress: '192.0.2.2',
  coreMac: '02:5e:ff:00:00:01',
  routerMac: '02:5e:ff:00:00:02',
  onPremisesNetwork: { address: '172.31.0.0', prefixLength: 24 } satisfies Cidr,
  onPremisesAddress: '172.31.0.10',
  onPremisesMac: '02:5e:ff:00:00:03',
  dnsAddress: '168.63.129.16',
  metadataAddress: '169.254.169.254',
  /** Names that lead to the internet host; it answers each with the caller's address. */
  internetNames: ['ifconfig.me', 'icanhazip.com', 'api.ipify.org', 'internet.segw.test'],
  /** Names of the ARM plane and the token endpoint inside virtual networks. */
  azureNames: ['management.segw.test', 'login.segw.test'],
  /** The public cloud's own names, for programs that have them built in: they lead to the same place. */
  publicAzureNames: ['management.azure.com', 'login.microsoftonline.com', 'graph.microsoft.com'],
  onPremisesNames: ['onprem.segw.test'],
} as const;

export const internetNamespace = 'internet';
export const onPremisesNamespace = 'onprem';

/** The router of a virtual network. */
export function routerNamespace(networkKey: string): string {
  return `router-${networkKey}`;
}

export function machineNamespace(machine: string): string {
  return `machine-${machine}`;
}

/** The router's end of a machine's link: `p` and the primary address in hexadecimal, so that it needs no register. */
export function portDevice(address: string): string {
  return `p${address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')}`;
}

/** The core's end of a router's uplink. */
export function uplinkDevice(networkKey: string): string {
  return `v-${networkKey}`;
}
