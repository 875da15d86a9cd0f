import { emptyNamespace, hostNamespace, type HostState, type NamespaceState } from '../host-state.ts';
import { isDeviceOf, type Host, type NamespaceScope, type Scope } from '../host.ts';
import type { Step } from '../step.ts';
import { applyStep } from './kernel.ts';

/** A node without a kernel: for tests, and for agents that are simulated by the hundred. */
export class MemoryHost implements Host {
  #state: HostState;

  constructor(state: HostState = { namespaces: [emptyNamespace(hostNamespace)] }) {
    this.#state = state;
  }

  /** Everything on the node, other people's things as well. */
  get state(): HostState {
    return this.#state;
  }

  async observe({ namespaces }: Scope): Promise<HostState> {
    return { namespaces: this.#state.namespaces.flatMap((namespace) => observed(namespace, namespaces)) };
  }

  async apply(step: Step): Promise<void> {
    this.#state = applyStep(this.#state, step);
  }
}

function observed(namespace: NamespaceState, scopes: readonly NamespaceScope[]): NamespaceState[] {
  const scope = scopes.find(({ name }) => name === namespace.name);
  return scope ? [within(namespace, scope)] : [];
}

function within(namespace: NamespaceState, scope: NamespaceScope): NamespaceState {
  const isOurs = ({ device }: { readonly device: string }) => isDeviceOf(scope, device);
  const [firstTable, lastTable] = scope.routeTables ?? [0, -1];
  return {
    name: namespace.name,
    links: namespace.links.filter(({ name }) => isDeviceOf(scope, name)),
    addresses: namespace.addresses.filter((address) => isOurs(address) || scope.strayAddresses.includes(address.address)),
    neighbours: namespace.neighbours.filter(isOurs),
    routes: namespace.routes.filter(
      (route) => (route.table >= firstTable && route.table <= lastTable) || (route.kind === 'device' && isOurs(route)),
    ),
    rules: namespace.rules.filter(({ preference }) => preference === scope.rulePreference),
    sysctls: namespace.sysctls.filter(({ key, device }) =>
      scope.sysctls.includes(device === undefined ? key : key.replace(device, '*')),
    ),
    tables: namespace.tables.filter(({ name }) => scope.tables.includes(name)),
  };
}
