import type { Cidr } from '../../base/addresses.ts';

/** What the fabric needs of the kernel; `src/linux` provides it. Namespaces are named by the path of the file that keeps them. */
export interface FabricKernel {
  createNamespace(path: string): void;
  /** Ends the namespace and every link in it. Absent is done. */
  deleteNamespace(path: string): void;
  listNamespaces(folder: string): readonly string[];
  open(path: string): NamespaceKernel;
}

/** One network namespace. Every `replace` twice is once; a delete of what is absent is done. */
export interface NamespaceKernel {
  links(): readonly { readonly name: string; readonly isUp: boolean }[];
  createVeth(veth: Veth): void;
  setLinkUp(name: string, isUp: boolean): void;
  deleteLink(name: string): Promise<void>;
  replaceAddress(device: string, address: Cidr): void;
  replaceRoutes(routes: readonly FabricRoute[]): void;
  deleteRoutes(routes: readonly FabricRoute[]): void;
  /** Routes of the main table that were made by `replaceRoutes`. */
  routes(): readonly FabricRoute[];
  replaceNeighbours(neighbours: readonly FabricNeighbour[]): void;
  writeSysctl(name: string, value: string): void;
  /** Loads nft text in one transaction. */
  loadRules(text: string): void;
  /** The text of `nft list COMMAND`; empty when there is no such object. */
  listRules(command: string): string;
  close(): void;
}

export interface Veth {
  readonly name: string;
  readonly mac: string;
  readonly peer: { readonly name: string; readonly mac: string; readonly namespace: string };
}

export interface FabricRoute {
  /** `0.0.0.0/0` is the default route. */
  readonly destination: Cidr;
  /** Absent: packets to the destination are refused (an `unreachable` route). */
  readonly device?: string;
  /** A next hop on `device`, whether or not an address there covers it (`onlink`). */
  readonly via?: string;
}

export interface FabricNeighbour {
  readonly address: string;
  readonly mac: string;
  readonly device: string;
}
