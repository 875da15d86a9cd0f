import type { HostState } from './host-state.ts';
import type { Step } from './step.ts';

/** A node's kernel. */
export interface Host {
  /**
   * What is there within `scope`. Rules and set types are returned as `apply` was given them while the kernel still has them so; the
   * kernel's own spelling of a rule differs, and is returned for one that somebody else changed.
   */
  observe(scope: Scope): Promise<HostState>;
  /** Throws SegwError when the kernel refuses; then nothing of the step has happened. */
  apply(step: Step): Promise<void>;
}

/** What is ours on a node: all of it is observed, and what is not desired of it is removed. Nothing else is ever touched. */
export interface Scope {
  readonly namespaces: readonly NamespaceScope[];
}

export interface NamespaceScope {
  readonly name: string;
  /** Names of links; one that ends in `*` stands for all that begin so. Ours with their addresses, neighbours and routes. */
  readonly devices: readonly string[];
  /** Addresses that are ours wherever they are: the cloud's tools may have put them on the uplink. */
  readonly strayAddresses: readonly string[];
  /** First and last routing table of ours. */
  readonly routeTables?: readonly [first: number, last: number];
  readonly rulePreference?: number;
  /** Keys to read. `*` stands for each link that is there and ours. */
  readonly sysctls: readonly string[];
  readonly tables: readonly string[];
}

/** Whether `name` is one of the devices of the scope. */
export function isDeviceOf({ devices }: NamespaceScope, name: string): boolean {
  return devices.some((device) => (device.endsWith('*') ? name.startsWith(device.slice(0, -1)) : name === device));
}
