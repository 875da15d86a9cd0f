import type { Access } from './access.ts';
import { idKey, isUnder, readResourceId, sameId, typeOf } from './ids.ts';

/** What referring to a resource of a type needs there. Types that are not named here can be referred to freely. */
const joinActions: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'Microsoft.Network/loadBalancers/backendAddressPools/join/action',
    'Microsoft.Network/loadBalancers/frontendIPConfigurations/join/action',
    'Microsoft.Network/loadBalancers/probes/join/action',
    'Microsoft.Network/networkInterfaces/join/action',
    'Microsoft.Network/networkSecurityGroups/join/action',
    'Microsoft.Network/publicIPAddresses/join/action',
    'Microsoft.Network/publicIPPrefixes/join/action',
    'Microsoft.Network/virtualNetworks/subnets/join/action',
    'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
  ].map((action) => [action.split('/').slice(0, -2).join('/').toLowerCase(), action]),
);

/** Schemas hold their references far above this; deeper things are opaque. */
const maxDepth = 24;

interface LinkingPut {
  readonly id: string;
  /** As parsed: read-only members are gone. */
  readonly body: object;
  /** As it came: what stays as it was is not in it. */
  readonly request: unknown;
}

/** The other resources that a PUT joins, each once: those that the client names and that are kept. Not what is part of the resource itself. */
export function linkedResources({ id, body, request }: LinkingPut): readonly Access[] {
  const kept = [...textsIn(body)].flatMap((text) => toLink(text) ?? []);
  const links = new Map(kept.map((link) => [idKey(link.scope), link]));
  for (const { scope } of kept) if (sameId(scope, id) || isUnder(scope, id)) links.delete(idKey(scope));
  if (links.size === 0) return [];
  const named = new Set([...textsIn(request)].map(idKey));
  return [...links].flatMap(([key, link]) => (named.has(key) ? [link] : []));
}

function toLink(text: string): Access | undefined {
  const id = text.startsWith('/') ? readResourceId(text.split('/').slice(1)) : undefined;
  const action = id && joinActions[typeOf(id).toLowerCase()];
  return action === undefined ? undefined : { action, scope: text };
}

/** Values and member names: user-assigned identities are named by member. Tags refer to nothing. */
function* textsIn(value: unknown, depth = 0): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null || depth > maxDepth) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'tags') continue;
    yield name;
    yield* textsIn(member, depth + 1);
  }
}
