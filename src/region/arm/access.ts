import type { Caller } from './tokens.ts';

/** `Microsoft.Network/publicIPPrefixes/write` on an id. */
export interface Access {
  readonly action: string;
  /** An id, or what lies above all ids: a subscription, `/`. */
  readonly scope: string;
}

export interface AccessRequest extends Access {
  readonly caller: Caller;
}

/** Who may do what. */
export interface AccessControl {
  /** Throws 403 `AuthorizationFailed` unless the caller may. */
  authorize(request: AccessRequest): void;
  /** Of a caller who may do `request`: throws 403 `LinkedAuthorizationFailed`, which names them all, unless the links are allowed, too. */
  authorizeLinks(request: AccessRequest, links: readonly Access[]): void;
  /** Whether the caller may do anything anywhere: who may not is shown no subscription. */
  hasRole(caller: Caller): boolean;
}

const verbs: Readonly<Record<string, string>> = { GET: 'read', HEAD: 'read', PUT: 'write', PATCH: 'write', DELETE: 'delete' };

/** `SCOPE/providers/NAMESPACE/REST`, the scope being a subscription, a group, or nothing. */
const providerPath =
  /^(?<scope>(?:\/subscriptions\/[^/]+(?:\/resourcegroups\/[^/]+)?)?)\/providers\/(?<namespace>[^/]+)\/(?<rest>.+)$/i;

/** The same on any resource: whatever stands before the last namespace of this kind is the scope. */
const extensionPath = /^(?<scope>.*)\/providers\/(?<namespace>microsoft\.authorization)\/(?<rest>.+)$/i;

/** Reads above all subscriptions: what they tell is the same for everybody. */
const tenantReads =
  /^\/(?:subscriptions|tenants|providers(?:\/[^/]+)?|providers\/microsoft\.authorization\/roledefinitions(?:\/[^/]+)?)$/i;

/** The id of an operation is known only to whom it was told, who need not have rights any more when it ends. */
const operationRead = /^\/subscriptions\/[^/]+\/providers\/[^/]+\/locations\/[^/]+\/operation(?:s|results)\/[^/]+$/i;

/**
 * What a call needs, by its method and decoded path without a slash at the end; undefined: nothing but a token. What belongs to no
 * provider is called `Microsoft.Resources`, as in `Microsoft.Resources/subscriptions/resourceGroups/write`. A list needs its read where
 * it begins, an action its name on the resource. Paths of the region's own (`/local/...`) are asked for on `subscription`, an id.
 */
export function accessOf(method: string, path: string, subscription: string): Access | undefined {
  if (method === 'GET' && (tenantReads.test(path) || operationRead.test(path))) return undefined;
  const { scope = '', namespace = 'Microsoft.Resources', rest = path.slice(1) } = splitPath(path);
  const segments = rest.split('/');
  const types = segments.filter((_, index) => index % 2 === 0);
  const action = [namespace, ...types, verbs[method] ?? 'action'].join('/');
  if (!/^\/(?:subscriptions|providers)\//i.test(path)) return { action, scope: subscription };
  if (segments.length % 2 === 0) return { action, scope: path };
  return { action, scope: segments.length === 1 ? scope : path.slice(0, path.lastIndexOf('/')) };
}

function splitPath(path: string): Readonly<Record<string, string | undefined>> {
  return (extensionPath.exec(path) ?? providerPath.exec(path))?.groups ?? {};
}
