import { weakEtag } from '../../arm/etag.ts';
import { ancestorId, idKey, nameOf, parseResourceId, sameId } from '../../arm/ids.ts';
import { plainJson } from '../../arm/json.ts';
import type { DerivedType } from '../../arm/resource-provider.ts';
import type { JsonObject, ResourceView } from '../../arm/resource.ts';
import { standardSku } from '../public-ip-model.ts';
import { type BackendMember, backendMembers } from './backend-members.ts';
import {
  findLoadBalancer,
  hasName,
  type LoadBalancerPart,
  loadBalancerParts,
  loadBalancerType,
  partId,
  type StoredLoadBalancer,
} from './load-balancer-model.ts';

type Members = ReadonlyMap<string, readonly BackendMember[]>;

/** The wire body (arm-facts 3.5). What it answers is acceptable as the body of a PUT. */
export function toLoadBalancer(loadBalancer: StoredLoadBalancer, members: Members): JsonObject & { properties: JsonObject } {
  return {
    etag: weakEtag(loadBalancer),
    sku: standardSku,
    properties: {
      resourceGuid: loadBalancer.state.resourceGuid,
      ...Object.fromEntries(loadBalancerParts.map((part) => [part, toParts(loadBalancer, part, members)])),
      inboundNatRules: [],
      inboundNatPools: [],
    },
  };
}

/** The parts under paths of their own, read-only: they are changed through the load balancer. */
export const loadBalancerPartTypes: readonly DerivedType[] = loadBalancerParts.map((part) => ({
  type: `${loadBalancerType}/${part}`,
  get: (id, view) =>
    findParts(view, part, ancestorId(id)).find(({ name }) => hasName({ name }, nameOf(parseResourceId(id, 'id')))),
  list: (under, view) => findParts(view, part, under),
}));

function findParts(view: ResourceView, part: LoadBalancerPart, loadBalancerId: string): readonly WirePart[] {
  const loadBalancer = findLoadBalancer(view, loadBalancerId);
  return loadBalancer === undefined ? [] : toParts(loadBalancer, part, backendMembers(view));
}

interface WirePart extends JsonObject {
  readonly name: string;
}

function toParts(loadBalancer: StoredLoadBalancer, part: LoadBalancerPart, members: Members): readonly WirePart[] {
  const { id, body, provisioningState } = loadBalancer;
  return body.properties[part].map((one) => ({
    id: partId(id, part, one.name),
    name: one.name,
    type: `${loadBalancerType}/${part}`,
    etag: weakEtag(loadBalancer),
    ...('zones' in one ? plainJson({ zones: one.zones }) : {}),
    properties: {
      provisioningState,
      ...('properties' in one ? plainJson(one.properties) : {}),
      ...extras(loadBalancer, { part, name: one.name, members }),
    },
  }));
}

interface PartContext {
  readonly part: LoadBalancerPart;
  readonly name: string;
  readonly members: Members;
}

/** What the service adds to a part: allocated addresses, members, and who refers to it. */
function extras(loadBalancer: StoredLoadBalancer, { part, name, members }: PartContext): JsonObject {
  const self = partId(loadBalancer.id, part, name);
  const backendIPConfigurations = (members.get(idKey(self)) ?? []).map(({ ipConfigurationId }) => ({ id: ipConfigurationId }));
  return {
    ...(part === 'frontendIPConfigurations' ? frontendAddress(loadBalancer, name) : {}),
    ...(part === 'loadBalancingRules' ? { backendAddressPools: poolsOf(loadBalancer, name) } : {}),
    ...withItems({
      backendIPConfigurations,
      loadBalancingRules: referring(loadBalancer, 'loadBalancingRules', self),
      outboundRules: referring(loadBalancer, 'outboundRules', self),
    }),
  };
}

function frontendAddress({ body, state }: StoredLoadBalancer, name: string): JsonObject {
  const frontend = body.properties.frontendIPConfigurations.find((one) => hasName(one, name));
  const isPrivate = frontend?.properties.subnet !== undefined;
  return { privateIPAddressVersion: 'IPv4', ...(isPrivate ? { privateIPAddress: state.privateAddresses[name] } : {}) };
}

function poolsOf({ body }: StoredLoadBalancer, rule: string): readonly JsonObject[] {
  return body.properties.loadBalancingRules
    .filter((one) => hasName(one, rule))
    .map(({ properties }) => ({ id: properties.backendAddressPool.id }));
}

/** Ids of the rules of one kind that name the part `self`. */
function referring(
  { id, body }: StoredLoadBalancer,
  part: 'loadBalancingRules' | 'outboundRules',
  self: string,
): readonly JsonObject[] {
  return body.properties[part]
    .filter(({ properties }) =>
      Object.values(properties)
        .flat()
        .some((value) => isReferenceTo(value, self)),
    )
    .map(({ name }) => ({ id: partId(id, part, name) }));
}

function isReferenceTo(value: unknown, id: string): boolean {
  return typeof value === 'object' && value !== null && 'id' in value && sameId(String(value.id), id);
}

/** Azure leaves empty lists out of the parts. */
function withItems(lists: Readonly<Record<string, readonly JsonObject[]>>): JsonObject {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}
