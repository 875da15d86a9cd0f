import { z } from 'zod';
import { cidrSize, formatCidr, parseCidr, subnetAt } from '../../base/addresses.ts';
import { ArmError } from '../arm/errors.ts';
import { sameId } from '../arm/ids.ts';
import type { ResourceView } from '../arm/resource.ts';
import { instancesOf } from './scale-set-model.ts';

/** What a node gets of its cluster's pod network. */
const nodePrefixLength = 24;
const defaultPodCidr = '10.244.0.0/16';
const clusterBody = z.object({ properties: z.object({ networkProfile: z.object({ podCidr: z.string() }) }) });

/** The first /24 of the cluster's pod network that no other instance of the cluster has. Throws 400 `InsufficientPodCidr`. */
export function allocatePodCidr(view: ResourceView, clusterId: string): string {
  const outer = parseCidr(podCidrOf(view, clusterId), 'properties.networkProfile.podCidr');
  const used = new Set(
    instancesOf(view).flatMap(({ state }) => (sameId(state.pool?.clusterId ?? '', clusterId) ? (state.podCidr ?? []) : [])),
  );
  const count = cidrSize(outer) / 2 ** (32 - nodePrefixLength);
  for (let index = 0; index < count; index += 1) {
    const candidate = formatCidr(subnetAt(outer, nodePrefixLength, index));
    if (!used.has(candidate)) return candidate;
  }
  throw new ArmError(
    400,
    'InsufficientPodCidr',
    `The pod network ${formatCidr(outer)} of ${clusterId} has no /24 left for another node.`,
  );
}

function podCidrOf(view: ResourceView, clusterId: string): string {
  const body = clusterBody.safeParse(view.get(clusterId)?.body);
  return body.data?.properties.networkProfile.podCidr ?? defaultPodCidr;
}
