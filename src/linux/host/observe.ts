import type { HostState, NamespaceState } from '../../dataplane/host-state.ts';
import type { NamespaceScope, Scope, isDeviceOf } from '../../dataplane/host.ts';
import { listLinks } from '../netlink/links.ts';
import { listNeighbours } from '../netlink/neighbours.ts';
import { observeAddresses } from './addresses.ts';
import { observeLink, type LinkedNamespace } from './links.ts';
import type { Namespaces } from './namespaces.ts';
import { observeRoutes } from './routes.ts';
import { observeRules } from './rules.ts';
import { observeSysctls } from './sysctls.ts';
import type { WireguardKind } from './wireguard-kind.ts';

interface ObserveOptions {
  readonly namespaces: Namespaces;
  readonly wireguard: WireguardKind;
  readonly isDeviceOf: typeof isDeviceOf;
}

export async function observe({ namespaces: scopes }: Scope, options: ObserveOptions): Promise<HostState> {
  const places = scopes.flatMap((scope) => {
    const namespace = options.namespaces.find(scope.name);
    return namespace ? [{ scope, namespace, links: listLinks(namespace.route) }] : [];
  });
  const states: NamespaceState[] = [];
  for (const place of places) states.push(await observeNamespace(place, places, options));
  return { namespaces: states };
}

async function observeNamespace(
  { scope, namespace, links }: LinkedNamespace & { readonly scope: NamespaceScope },
  all: readonly LinkedNamespace[],
  { wireguard, isDeviceOf: isOurs }: ObserveOptions,
): Promise<NamespaceState> {
  const { route: socket, path, tables } = namespace;
  const ours = links.filter(({ name }) => isOurs(scope, name));
  const observed = await Promise.all(ours.map((link) => observeLink({ namespace, link }, all, wireguard)));
  const [firstTable, lastTable] = scope.routeTables ?? [1, 0];
  return {
    name: scope.name,
    links: observed.filter((link) => link !== undefined),
    addresses: observeAddresses(socket).filter(
      ({ device, address }) => isOurs(scope, device) || scope.strayAddresses.includes(address),
    ),
    neighbours: listNeighbours(socket).filter(({ device }) => isOurs(scope, device)),
    routes: observeRoutes(socket).filter(
      (route) =>
        (route.table >= firstTable && route.table <= lastTable) || (route.kind === 'device' && isOurs(scope, route.device)),
    ),
    rules: scope.rulePreference === undefined ? [] : observeRules(socket, scope.rulePreference),
    sysctls: observeSysctls(
      path,
      scope.sysctls,
      ours.map(({ name }) => name),
    ),
    tables: scope.tables.flatMap((name) => tables.observe(name) ?? []),
  };
}
