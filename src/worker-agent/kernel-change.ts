import { defaultSettings, type DataplaneSettings } from '../dataplane/settings.ts';

/** Something in the node's network has changed, by whomever. `linux` reports it. */
export interface KernelChange {
  /** `lost`: more happened than could be told. */
  readonly kind: 'link' | 'address' | 'route' | 'rule' | 'nftables' | 'lost';
  /** A link's name, an address, the number of a routing table (also of a rule), the name of an nft table. */
  readonly subject: string;
  readonly isRemoval: boolean;
}

export type WatchKernel = (onChanges: (changes: readonly KernelChange[]) => void) => { stop(): void };

/** Whether the change may have touched what the plane has written. */
export function touchesPlane({ kind, subject }: KernelChange, settings: DataplaneSettings = defaultSettings): boolean {
  const { workerDevicePrefix, routeTableBase, kickMark, table, lockTable } = settings;
  switch (kind) {
    case 'link':
      return subject.startsWith(workerDevicePrefix);
    case 'route':
    case 'rule':
      return Number(subject) > routeTableBase && Number(subject) < routeTableBase + kickMark;
    case 'nftables':
      return subject === table || subject === lockTable;
    default:
      return true;
  }
}

/** Whether a link has gone that may have been a pod's. */
export function removesLink({ kind, isRemoval }: KernelChange): boolean {
  return kind === 'lost' || (kind === 'link' && isRemoval);
}
