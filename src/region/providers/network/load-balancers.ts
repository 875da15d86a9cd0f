import { randomUUID } from 'node:crypto';
import { ArmError, parseBody } from '../../arm/errors.ts';
import { idKey } from '../../arm/ids.ts';
import type { ParsedPut, ResourceProvider } from '../../arm/resource-provider.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { privateAddressSource } from '../private-addresses.ts';
import type { RegionWorld } from '../world.ts';
import { backendMembers } from './backend-members.ts';
import {
  hasName,
  type LoadBalancerBody,
  loadBalancerType,
  type LoadBalancerState,
  partId,
  type StoredLoadBalancer,
} from './load-balancer-model.ts';
import { checkLoadBalancer } from './load-balancer-references.ts';
import { loadBalancerSchema } from './load-balancer-schema.ts';
import { toLoadBalancer } from './load-balancer-view.ts';

type LoadBalancerPut = ParsedPut<LoadBalancerBody, LoadBalancerState>;

/** Standard load balancers, public and internal. Machines join their pools through the IP configurations of their interfaces. */
export function loadBalancers({ network }: RegionWorld): ResourceProvider<LoadBalancerBody, LoadBalancerState> {
  return {
    type: loadBalancerType,
    parse({ body, existing }) {
      const { location, tags, properties } = parseBody(loadBalancerSchema, body);
      return { location: location ?? existing?.body.location, tags, properties };
    },
    validate({ id, body, existing, view }) {
      checkLoadBalancer(view, id, body.properties);
      if (existing !== undefined) refusePoolsInUse(view, existing, body);
    },
    plan: (put) => ({
      state: {
        resourceGuid: put.existing?.state.resourceGuid ?? randomUUID(),
        privateAddresses: allocatePrivateAddresses(put),
      },
    }),
    provision: async () => network.apply(),
    validateDelete(loadBalancer, view) {
      refusePoolsInUse(view, loadBalancer, undefined);
    },
    deprovision: async () => network.apply(),
    toWire: (loadBalancer, view) => toLoadBalancer(loadBalancer, backendMembers(view)),
  };
}

/** A frontend keeps its address as long as its name, its subnet and its wish stay. */
function allocatePrivateAddresses({ body, existing, view }: LoadBalancerPut): Readonly<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const { name, properties } of body.properties.frontendIPConfigurations) {
    const address = properties.privateIPAddress ?? keptAddress({ name, subnetId: properties.subnet?.id }, existing);
    if (address !== undefined) given[name] = address;
  }
  for (const { name, properties } of body.properties.frontendIPConfigurations) {
    if (properties.subnet === undefined || given[name] !== undefined) continue;
    given[name] = privateAddressSource(view, properties.subnet.id, Object.values(given))();
  }
  return given;
}

function keptAddress(
  { name, subnetId }: { readonly name: string; readonly subnetId: string | undefined },
  existing: StoredLoadBalancer | undefined,
): string | undefined {
  const before = existing?.body.properties.frontendIPConfigurations.find((one) => one.name === name)?.properties.subnet;
  if (before === undefined || subnetId === undefined || idKey(before.id) !== idKey(subnetId)) return undefined;
  return existing?.state.privateAddresses[name];
}

/** `after`: what the load balancer is to become; undefined: it is to go. */
function refusePoolsInUse(view: ResourceView, { id, body }: StoredLoadBalancer, after: LoadBalancerBody | undefined): void {
  const members = backendMembers(view);
  for (const { name } of body.properties.backendAddressPools) {
    if (after?.properties.backendAddressPools.some((pool) => hasName(pool, name)) === true) continue;
    const poolId = partId(id, 'backendAddressPools', name);
    const [member] = members.get(idKey(poolId)) ?? [];
    if (member === undefined) continue;
    throw new ArmError(
      400,
      after === undefined ? 'InUseLoadBalancerCannotBeDeleted' : 'InUseBackendAddressPoolCannotBeDeleted',
      `Backend address pool ${poolId} cannot be deleted: it is in use by ${member.ipConfigurationId}. Take the interface out of the pool first.`,
    );
  }
}
