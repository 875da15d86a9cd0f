import type { KernelChange } from '../dataplane/kernel-change.ts';
import { watchNetwork, type NetworkWatch } from './netlink/notifications.ts';
import { inNetns, netnsIdentity } from './netns.ts';

export interface NamespacesWatch {
  /** Looks which of the namespaces are there: one that has come is watched from now on, one that has gone is let go. */
  refresh(): void;
  stop(): void;
}

/**
 * Watches the networks of several namespaces, given as name → file that keeps it, which need not be there yet. A watch keeps its
 * namespace alive, so call `refresh` when one may have gone.
 */
export function watchNamespaces(
  paths: Readonly<Record<string, string>>,
  onChanges: (namespace: string, changes: readonly KernelChange[]) => void,
): NamespacesWatch {
  const watches = new Map<string, { readonly identity: string; readonly watch: NetworkWatch }>();
  const close = (name: string): void => {
    watches.get(name)?.watch.stop();
    watches.delete(name);
  };
  const refresh = (): void => {
    for (const [name, path] of Object.entries(paths)) {
      const identity = netnsIdentity(path);
      if (watches.get(name)?.identity === identity) continue;
      close(name);
      if (identity === undefined) continue;
      const watch = inNetns(path, () => watchNetwork((changes) => onChanges(name, changes)));
      watches.set(name, { identity, watch });
    }
  };
  refresh();
  return {
    refresh,
    stop: () => {
      for (const name of watches.keys()) close(name);
    },
  };
}
