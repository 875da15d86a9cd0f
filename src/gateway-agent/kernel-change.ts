import { hostNamespace, mainTable } from '../dataplane/host-state.ts';
import type { KernelChange } from '../dataplane/kernel-change.ts';
import type { DataplaneSettings } from '../dataplane/settings.ts';

export interface KernelWatch {
  /** Namespaces may have come or gone. */
  refresh(): void;
  stop(): void;
}

/** Starts to watch the node's own namespace and the gateway's, that one as soon and as often as it comes. */
export type WatchKernel = (onChanges: (namespace: string, changes: readonly KernelChange[]) => void) => KernelWatch;

/** Whether the change may touch what a gateway carries. Other people's rules change all the time: those of kube-proxy with every service. */
export function concernsGateway(namespace: string, { kind, subject }: KernelChange, settings: DataplaneSettings): boolean {
  if (namespace !== hostNamespace) return true;
  switch (kind) {
    case 'nftables':
      return subject === settings.table;
    case 'route':
      return subject === String(mainTable);
    case 'rule':
      return false;
    default:
      return true;
  }
}
