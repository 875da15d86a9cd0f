import type { Step, StepByKind } from '../../dataplane/step.ts';
import { setLink } from '../netlink/links.ts';
import { deleteNeighbours, replaceNeighbours } from '../netlink/neighbours.ts';
import { ensureAddress, removeAddress } from './addresses.ts';
import { forgetFlows, kickFlows, settleFlows, type SettleOptions } from './flows.ts';
import { createLink, removeLink, removeLinks } from './links.ts';
import type { Namespaces } from './namespaces.ts';
import type { OpenNamespace } from './open-namespace.ts';
import { ensureRoute, removeRoute } from './routes.ts';
import { ensureRule, removeRule } from './rules.ts';
import { ensureSysctl } from './sysctls.ts';
import type { WireguardKind } from './wireguard-kind.ts';
import { configureWireguard, type PrivateKeys } from './wireguard.ts';

export interface ApplyOptions extends SettleOptions {
  readonly namespaces: Namespaces;
  readonly wireguard: WireguardKind;
  readonly privateKeys: PrivateKeys;
}

type Effect<S extends Step> = (step: S, options: ApplyOptions) => Promise<void> | void;

const effects: { readonly [Kind in keyof StepByKind]: Effect<StepByKind[Kind]> } = {
  'ensure-namespace': ({ namespace }, { namespaces }) => namespaces.create(namespace),
  'remove-namespace': ({ namespace: name }, { namespaces, wireguard }) =>
    namespaces.remove(name, (namespace) => removeLinks(namespace, wireguard)),
  nft: inside(({ tables }, { transaction }) => tables.apply(transaction)),
  'create-link': inside((namespace, { link }, options) => createLink(namespace, link, options)),
  'remove-link': inside((namespace, { name }, { wireguard }) => removeLink(namespace, name, wireguard)),
  'set-link': inside(({ route }, { name, mtu, isUp }) => setLink(route, name, { mtu, isUp })),
  'configure-wireguard': inside((namespace, step, { wireguard, privateKeys }) =>
    configureWireguard(wireguard.open(namespace, step.device), step, privateKeys),
  ),
  'ensure-sysctl': inside(({ path }, { sysctl }) => ensureSysctl(path, sysctl)),
  'ensure-address': inside(({ route }, { address }) => ensureAddress(route, address)),
  'remove-address': inside(({ route }, { address }) => removeAddress(route, address)),
  'ensure-neighbour': inside(({ route }, { neighbour }) => replaceNeighbours(route, [neighbour])),
  'remove-neighbour': inside(({ route }, { neighbour }) => deleteNeighbours(route, [neighbour])),
  'ensure-route': inside((namespace, { route }) => ensureRoute(namespace.route, route)),
  'remove-route': inside((namespace, { route }) => removeRoute(namespace.route, route)),
  'ensure-rule': inside(({ route }, { rule }) => ensureRule(route, rule)),
  'remove-rule': inside(({ route }, { rule }) => removeRule(route, rule)),
  'forget-flows': inside((namespace, { flows }) => forgetFlows(namespace, flows)),
  kick: inside((namespace, { flows }, { kickMark }) => kickFlows(namespace, flows, kickMark)),
  'settle-flows': inside((namespace, step, options) => settleFlows(namespace, step, options)),
};

export async function applyStep(step: Step, options: ApplyOptions): Promise<void> {
  await effectOf(step.kind)(step, options);
}

function effectOf<Kind extends keyof StepByKind>(kind: Kind): Effect<StepByKind[Kind]> {
  return effects[kind];
}

/** Throws `NotFound` when the step's namespace does not exist. */
function inside<S extends Step>(
  effect: (namespace: OpenNamespace, step: S, options: ApplyOptions) => Promise<void> | void,
): Effect<S> {
  return (step, options) => effect(options.namespaces.get(step.namespace), step, options);
}
