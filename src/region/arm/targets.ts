import { formatResourceId, readResourceId, type ResourceId, resourceGroupType, typeOf } from './ids.ts';

/** What a path of the API names. */
export type Target =
  | { readonly kind: 'resource'; readonly id: ResourceId }
  /** A name below something: a list of a type, a read-only part of `owner`, or an action on it. */
  | {
      readonly kind: 'member';
      readonly under: string;
      readonly owner: ResourceId | undefined;
      readonly type: string;
      readonly name: string;
    }
  /** `/resources`: everything of a subscription or a group. */
  | { readonly kind: 'everything'; readonly under: string }
  | { readonly kind: 'operation'; readonly operationId: string; readonly form: 'status' | 'result' };

const operationForms: Readonly<Record<string, 'status' | 'result'>> = { operations: 'status', operationresults: 'result' };

/** Reads a decoded path under `/subscriptions/`; undefined when it names nothing. Type names keep the case of the path. */
export function parseTarget(path: string): Target | undefined {
  const segments = path.replace(/\/+$/, '').split('/').slice(1);
  return parseOperation(segments) ?? parseResource(segments) ?? parseMember(segments);
}

/** `/subscriptions/S/providers/NAMESPACE/locations/L/operations/ID` */
function parseOperation(segments: readonly string[]): Target | undefined {
  const [, , providers, , locations, , form = '', operationId, ...rest] = segments;
  if (providers?.toLowerCase() !== 'providers' || locations?.toLowerCase() !== 'locations' || rest.length > 0) return undefined;
  const known = operationForms[form.toLowerCase()];
  return known === undefined || operationId === undefined ? undefined : { kind: 'operation', operationId, form: known };
}

function parseResource(segments: readonly string[]): Target | undefined {
  const id = readResourceId(segments);
  return id === undefined ? undefined : { kind: 'resource', id };
}

function parseMember(segments: readonly string[]): Target | undefined {
  const name = segments.at(-1) ?? '';
  if (name === '') return undefined;
  const above = readResourceId(segments.slice(0, -1));
  if (above === undefined) return parseTopLevelList(segments);
  const under = formatResourceId(above);
  if (above.namespace !== undefined) return { kind: 'member', under, owner: above, type: `${typeOf(above)}/${name}`, name };
  if (name.toLowerCase() === 'resources') return { kind: 'everything', under };
  if (above.resourceGroup !== undefined)
    return { kind: 'member', under, owner: above, type: `${resourceGroupType}/${name}`, name };
  if (name.toLowerCase() === 'resourcegroups') return { kind: 'member', under, owner: undefined, type: resourceGroupType, name };
  return undefined;
}

/** `[...]/providers/NAMESPACE/TYPE` below a subscription or a group. */
function parseTopLevelList(segments: readonly string[]): Target | undefined {
  const [providers = '', namespace = '', name = ''] = segments.slice(-3);
  const above = readResourceId(segments.slice(0, -3));
  if (providers.toLowerCase() !== 'providers' || namespace === '' || above?.namespace !== undefined || above === undefined)
    return undefined;
  return { kind: 'member', under: formatResourceId(above), owner: undefined, type: `${namespace}/${name}`, name };
}
