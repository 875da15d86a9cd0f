import { isDeepStrictEqual } from 'node:util';
import { servicePool } from '../providers/network/cluster-load-balancer.ts';
import {
  type Frontend,
  type LoadBalancerBody,
  type LoadBalancingRule,
  partId,
  type Probe,
} from '../providers/network/load-balancer-model.ts';
import type { ServicePort } from './service.ts';
import type { ServiceRequest } from './service-request.ts';

export type Parts = LoadBalancerBody['properties'];

/** kube-proxy says on every node whether it can serve; of all Services that any node may serve. */
const sharedProbe: Probe = probeOf('cluster-service-shared-health-probe', 10_256);

interface Place {
  readonly loadBalancerId: string;
  readonly publicAddressId: string;
}

/** The parts with the Service's frontend, rules and probe as they have to be, at the end of each list. The same parts when they are. */
export function withService(parts: Parts, request: ServiceRequest, place: Place): Parts {
  const others = withoutService(parts, request.name);
  const probe =
    request.healthCheckNodePort === undefined ? sharedProbe : probeOf(`${request.name}-local`, request.healthCheckNodePort);
  const probes = [...others.probes.filter(({ name }) => name !== probe.name), probe];
  return sameOr(parts, {
    ...others,
    frontendIPConfigurations: [...others.frontendIPConfigurations, frontendOf(request, place)],
    probes,
    loadBalancingRules: [...others.loadBalancingRules, ...request.ports.map((port) => ruleOf(request, { port, probe, place }))],
  });
}

/** The parts without those of the Service whose frontend has this name. */
export function withoutService(parts: Parts, frontend: string): Parts {
  const isOther = ({ name }: { readonly name: string }): boolean => name !== frontend && !name.startsWith(`${frontend}-`);
  const loadBalancingRules = parts.loadBalancingRules.filter(isOther);
  const isShared = loadBalancingRules.some(({ properties }) => properties.probe?.id.endsWith(`/${sharedProbe.name}`) === true);
  return {
    ...parts,
    frontendIPConfigurations: parts.frontendIPConfigurations.filter(isOther),
    loadBalancingRules,
    probes: parts.probes.filter((probe) => isOther(probe) && (isShared || probe.name !== sharedProbe.name)),
  };
}

/** Order means nothing: a Service that is written again does not change the load balancer. */
function sameOr(before: Parts, after: Parts): Parts {
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number => a.name.localeCompare(b.name);
  const sorted = (parts: Parts): unknown[] => Object.values(parts).map((list: Parts[keyof Parts]) => list.toSorted(byName));
  return isDeepStrictEqual(sorted(before), sorted(after)) ? before : after;
}

function frontendOf({ name }: ServiceRequest, { publicAddressId }: Place): Frontend {
  return { name, properties: { publicIPAddress: { id: publicAddressId }, privateIPAllocationMethod: 'Dynamic' } };
}

interface RuleContext {
  readonly port: ServicePort;
  readonly probe: Probe;
  readonly place: Place;
}

/** As cloud-provider-azure writes it: the packet reaches the node as it was sent, and kube-proxy knows the address. */
function ruleOf(request: ServiceRequest, { port, probe, place }: RuleContext): LoadBalancingRule {
  const { name, hasFloatingIp, isSticky } = request;
  const { port: frontendPort, protocol = 'TCP', nodePort = frontendPort } = port;
  return {
    name: `${name}-${protocol}-${String(frontendPort)}`,
    properties: {
      frontendIPConfiguration: { id: partId(place.loadBalancerId, 'frontendIPConfigurations', name) },
      backendAddressPool: { id: partId(place.loadBalancerId, 'backendAddressPools', servicePool) },
      probe: { id: partId(place.loadBalancerId, 'probes', probe.name) },
      protocol: protocol === 'UDP' ? 'Udp' : 'Tcp',
      loadDistribution: isSticky ? 'SourceIP' : 'Default',
      frontendPort,
      idleTimeoutInMinutes: 4,
      enableFloatingIP: hasFloatingIp,
      enableTcpReset: protocol === 'TCP',
      disableOutboundSnat: true,
      backendPort: hasFloatingIp ? frontendPort : nodePort,
    },
  };
}

/** Interval and threshold are those of cloud-provider-azure. */
function probeOf(name: string, port: number): Probe {
  return {
    name,
    properties: {
      protocol: 'Http',
      port,
      requestPath: '/healthz',
      intervalInSeconds: 5,
      numberOfProbes: 2,
      probeThreshold: 2,
      noHealthyBackendsBehavior: 'AllProbedDown',
    },
  };
}
