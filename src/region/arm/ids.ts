import { ArmError } from './errors.ts';

/** `{ type: 'virtualNetworks', name: 'v1' }` */
export interface IdSegment {
  readonly type: string;
  readonly name: string;
}

/** `/subscriptions/S[/resourceGroups/G][/providers/NAMESPACE/TYPE/NAME[/TYPE/NAME...]]` */
export interface ResourceId {
  readonly subscriptionId: string;
  readonly resourceGroup: string | undefined;
  /** `Microsoft.Network`; undefined for a group or a subscription. */
  readonly namespace: string | undefined;
  readonly segments: readonly IdSegment[];
}

export const resourceGroupType = 'Microsoft.Resources/resourceGroups';
export const subscriptionType = 'Microsoft.Resources/subscriptions';

/** What two spellings of one id have in common. */
export function idKey(id: string): string {
  return id.toLowerCase().replace(/\/+$/, '');
}

export function sameId(a: string, b: string): boolean {
  return a === b || idKey(a) === idKey(b);
}

/** Whether `id` lies below `ancestor`; false for the ancestor itself. */
export function isUnder(id: string, ancestor: string): boolean {
  return idKey(id).startsWith(`${idKey(ancestor)}/`);
}

/** Reads an id in any case. Throws 400 `InvalidResourceReference` naming `target`. */
export function parseResourceId(text: string, target: string): ResourceId {
  const id = readResourceId(text.split('/').slice(1));
  if (id === undefined || !text.startsWith('/'))
    throw new ArmError(400, 'InvalidResourceReference', `${target}: "${text}" is not a resource id.`, { target });
  return id;
}

/** The id in path segments, or undefined when they are none. */
export function readResourceId(segments: readonly string[]): ResourceId | undefined {
  const [word, subscriptionId, ...below] = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  if (!isWord(word, 'subscriptions') || subscriptionId === undefined || segments.slice(0, -1).includes('')) return undefined;
  const hasGroup = isWord(below[0], 'resourcegroups') && below.length > 1;
  const resourceGroup = hasGroup ? below[1] : undefined;
  const [providers, namespace, ...path] = hasGroup ? below.slice(2) : below;
  if (providers === undefined) return { subscriptionId, resourceGroup, namespace: undefined, segments: [] };
  if (!isWord(providers, 'providers') || path.length === 0 || path.length % 2 === 1) return undefined;
  return { subscriptionId, resourceGroup, namespace, segments: toSegments(path) };
}

export function formatResourceId({ subscriptionId, resourceGroup, namespace, segments }: ResourceId): string {
  const group = resourceGroup === undefined ? '' : `/resourceGroups/${resourceGroup}`;
  const provider = namespace === undefined ? '' : `/providers/${namespace}`;
  return `/subscriptions/${subscriptionId}${group}${provider}${segments.map(({ type, name }) => `/${type}/${name}`).join('')}`;
}

/** `Microsoft.Network/virtualNetworks/subnets`, in the case of the id. */
export function typeOf({ namespace, resourceGroup, segments }: ResourceId): string {
  if (namespace !== undefined) return [namespace, ...segments.map(({ type }) => type)].join('/');
  return resourceGroup === undefined ? subscriptionType : resourceGroupType;
}

export function nameOf({ subscriptionId, resourceGroup, segments }: ResourceId): string {
  return segments.at(-1)?.name ?? resourceGroup ?? subscriptionId;
}

/** The resource that this one is nested in; undefined for a top-level one. */
export function parentOf(id: ResourceId): ResourceId | undefined {
  return id.segments.length < 2 ? undefined : { ...id, segments: id.segments.slice(0, -1) };
}

/** The id `levels` pairs above: `ancestorId('.../virtualNetworks/v/subnets/s')` is the network's. */
export function ancestorId(id: string, levels = 1): string {
  return id
    .split('/')
    .slice(0, -2 * levels)
    .join('/');
}

export function resourceGroupId({ subscriptionId, resourceGroup }: ResourceId): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup ?? ''}`;
}

/** The id with the type's own spelling of namespace and types; names stay as they came. */
export function canonicalId(id: ResourceId, type: string): ResourceId {
  const [namespace, ...types] = type.split('/');
  if (id.namespace === undefined) return id;
  return { ...id, namespace, segments: id.segments.map(({ name }, index) => ({ type: types[index] ?? '', name })) };
}

function toSegments(path: readonly string[]): readonly IdSegment[] {
  return Array.from({ length: path.length / 2 }, (_, index) => ({
    type: path[2 * index] ?? '',
    name: path[2 * index + 1] ?? '',
  }));
}

function isWord(segment: string | undefined, word: string): boolean {
  return segment?.toLowerCase() === word;
}
