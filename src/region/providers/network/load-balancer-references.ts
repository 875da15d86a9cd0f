import { ArmError } from '../../arm/errors.ts';
import { sameId } from '../../arm/ids.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { requirePrivateAddress } from '../private-addresses.ts';
import { requireReference } from '../references.ts';
import { isSubnet } from '../virtual-network-model.ts';
import { type LoadBalancerBody, type LoadBalancerPart, partId } from './load-balancer-model.ts';
import { requireFreePublicAddress } from './public-address-users.ts';

type Parts = LoadBalancerBody['properties'];

/** Throws 400 when a part refers to what is neither in this load balancer nor in the region, or when two rules want the same packets. */
export function checkLoadBalancer(view: ResourceView, id: string, parts: Parts): void {
  checkFrontends(view, id, parts);
  for (const [index, { properties: rule }] of parts.loadBalancingRules.entries()) {
    const target = `properties.loadBalancingRules.${String(index)}.properties`;
    requirePart(id, parts, { part: 'frontendIPConfigurations', ref: rule.frontendIPConfiguration.id, target });
    requirePart(id, parts, { part: 'backendAddressPools', ref: rule.backendAddressPool.id, target });
    if (rule.probe !== undefined) requirePart(id, parts, { part: 'probes', ref: rule.probe.id, target });
  }
  for (const [index, { properties: rule }] of parts.outboundRules.entries()) {
    const target = `properties.outboundRules.${String(index)}.properties`;
    requirePart(id, parts, { part: 'backendAddressPools', ref: rule.backendAddressPool.id, target });
    for (const { id: ref } of rule.frontendIPConfigurations) {
      requirePart(id, parts, { part: 'frontendIPConfigurations', ref, target });
      refusePrivateFrontend(id, parts, ref, target);
    }
  }
  checkPorts(parts);
}

function checkFrontends(view: ResourceView, id: string, { frontendIPConfigurations }: Parts): void {
  const addresses = new Set<string>();
  for (const [index, { name, properties }] of frontendIPConfigurations.entries()) {
    const from = partId(id, 'frontendIPConfigurations', name);
    const target = `properties.frontendIPConfigurations.${String(index)}.properties`;
    const { publicIPAddress, subnet, privateIPAddress } = properties;
    if (publicIPAddress !== undefined) {
      requireFreePublicAddress(view, { id: publicIPAddress.id, from, target: `${target}.publicIPAddress` });
      refuseTwice(addresses, publicIPAddress.id.toLowerCase(), `${target}.publicIPAddress`);
    }
    if (subnet === undefined) continue;
    requireReference(view, { id: subnet.id, is: isSubnet, from, target: `${target}.subnet` });
    if (privateIPAddress === undefined) continue;
    requirePrivateAddress(view, { subnetId: subnet.id, address: privateIPAddress, from });
    refuseTwice(addresses, privateIPAddress, `${target}.privateIPAddress`);
  }
}

function refuseTwice(seen: Set<string>, address: string, target: string): void {
  if (seen.has(address))
    throw new ArmError(
      400,
      'FrontendIPConfigurationsShareAddress',
      `${target}: another frontend of this load balancer has ${address}.`,
      { target },
    );
  seen.add(address);
}

interface PartReference {
  readonly part: LoadBalancerPart;
  readonly ref: string;
  readonly target: string;
}

function requirePart(id: string, parts: Parts, { part, ref, target }: PartReference): void {
  if (parts[part].some(({ name }) => sameId(partId(id, part, name), ref))) return;
  throw new ArmError(
    400,
    'InvalidResourceReference',
    `Resource ${ref} referenced by resource ${id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    { target },
  );
}

function refusePrivateFrontend(id: string, { frontendIPConfigurations }: Parts, ref: string, target: string): void {
  const frontend = frontendIPConfigurations.find(({ name }) => sameId(partId(id, 'frontendIPConfigurations', name), ref));
  if (frontend?.properties.publicIPAddress !== undefined) return;
  throw new ArmError(
    400,
    'OutboundRuleNeedsPublicFrontend',
    `${target}: an outbound rule needs a frontend with a public address.`,
    { target },
  );
}

function checkPorts({ loadBalancingRules }: Parts): void {
  const seen = new Map<string, string>();
  for (const { name, properties } of loadBalancingRules) {
    const { frontendIPConfiguration, protocol, frontendPort } = properties;
    const key = `${frontendIPConfiguration.id.toLowerCase()} ${protocol} ${String(frontendPort)}`;
    const other = seen.get(key);
    seen.set(key, name);
    if (other === undefined) continue;
    throw new ArmError(
      400,
      'RulesUseSameFrontendPortProtocolAndIPConfig',
      `Load balancer rules ${other} and ${name} with the same protocol ${protocol} and the same frontend port ${String(frontendPort)} must not use the same frontend IP configuration.`,
      { target: 'properties.loadBalancingRules' },
    );
  }
}
