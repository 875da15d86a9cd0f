import type { KernelChange } from '../dataplane/kernel-change.ts';
import { defaultSettings, type DataplaneSettings } from '../dataplane/settings.ts';

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
