import { join } from 'node:path';
import { formatCidr } from '../../base/addresses.ts';
import type { FabricState, NamespaceState } from './fabric-state.ts';
import type { FabricKernel, FabricRoute, NamespaceKernel, Veth } from './kernel.ts';

/** What was written last, so that a rule set is not rewritten (and its counters not lost) by every change elsewhere. */
export type WrittenRules = Map<string, string>;

interface Options {
  readonly kernel: FabricKernel;
  /** The folder of namespace files. */
  readonly folder: string;
  readonly written: WrittenRules;
}

/**
 * Makes the kernel equal to `state`: namespaces first, then links (both ends), then what stands on them, last the removal of what is
 * not wanted any more. Twice is once; after an interruption the next call completes it.
 */
export async function applyFabric(state: FabricState, options: Options): Promise<void> {
  const { kernel, folder, written } = options;
  for (const { name } of state.namespaces) kernel.createNamespace(join(folder, name));
  const open = new Map(state.namespaces.map(({ name }) => [name, kernel.open(join(folder, name))]));
  try {
    const farEnds = farEndsOf(state);
    for (const namespace of state.namespaces) {
      await applyLinks(namespace, farEnds.get(namespace.name) ?? new Set(), { kernel: kernelOf(open, namespace), folder });
    }
    for (const namespace of state.namespaces) configure(namespace, kernelOf(open, namespace), written);
  } finally {
    for (const namespace of open.values()) namespace.close();
  }
  const wanted = new Set(state.namespaces.map(({ name }) => name));
  for (const name of kernel.listNamespaces(folder)) {
    if (wanted.has(name)) continue;
    kernel.deleteNamespace(join(folder, name));
    written.delete(name);
  }
}

/** Deletes before it creates: a machine that comes back may get the device name of one that went. */
async function applyLinks(
  state: NamespaceState,
  farEnds: ReadonlySet<string>,
  { kernel, folder }: { kernel: NamespaceKernel; folder: string },
): Promise<void> {
  const present = new Set(kernel.links().map(({ name }) => name));
  if (state.kind === 'fabric') {
    const wanted = new Set(['lo', ...state.veths.map(({ name }) => name), ...farEnds]);
    for (const name of present) if (!wanted.has(name)) await kernel.deleteLink(name);
  }
  for (const veth of state.veths) {
    if (!present.has(veth.name)) kernel.createVeth(inFolder(veth, folder));
  }
}

function configure(state: NamespaceState, kernel: NamespaceKernel, written: WrittenRules): void {
  if (state.kind === 'guest' && kernel.routes().length > 0) return;
  for (const [name, value] of Object.entries(state.sysctls)) kernel.writeSysctl(name, value);
  for (const { name, isUp } of kernel.links()) if (!isUp) kernel.setLinkUp(name, true);
  for (const { device, address } of state.addresses) kernel.replaceAddress(device, address);
  loadRules(state, kernel, written);
  kernel.replaceNeighbours(state.neighbours);
  kernel.replaceRoutes(state.routes);
  const wanted = new Set(state.routes.map(keyOf));
  kernel.deleteRoutes(kernel.routes().filter((route) => !wanted.has(keyOf(route))));
}

function loadRules({ name, rules, lastingTable }: NamespaceState, kernel: NamespaceKernel, written: WrittenRules): void {
  if (lastingTable && kernel.listRules(`table ${lastingTable.name}`) === '') kernel.loadRules(lastingTable.rules);
  if (rules === undefined || written.get(name) === rules) return;
  kernel.loadRules(rules);
  written.set(name, rules);
}

/** Per namespace: the names of the links that other namespaces make into it. */
function farEndsOf({ namespaces }: FabricState): ReadonlyMap<string, ReadonlySet<string>> {
  const farEnds = new Map<string, Set<string>>();
  for (const { peer } of namespaces.flatMap(({ veths }) => veths)) {
    farEnds.set(peer.namespace, (farEnds.get(peer.namespace) ?? new Set()).add(peer.name));
  }
  return farEnds;
}

function kernelOf(open: ReadonlyMap<string, NamespaceKernel>, { name }: NamespaceState): NamespaceKernel {
  const kernel = open.get(name);
  if (!kernel) throw new Error(`namespace ${name} is not open`);
  return kernel;
}

function inFolder({ peer, ...veth }: Veth, folder: string): Veth {
  return { ...veth, peer: { ...peer, namespace: join(folder, peer.namespace) } };
}

function keyOf({ destination, device, via }: FabricRoute): string {
  return `${formatCidr(destination)} ${device ?? 'unreachable'} ${via ?? ''}`;
}
