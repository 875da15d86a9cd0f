import { idKey, sameId } from '../arm/ids.ts';
import type { ResourceView } from '../arm/resource.ts';
import { backendMembers } from '../providers/network/backend-members.ts';
import { loadBalancersOf, partId, type Probe, type StoredLoadBalancer } from '../providers/network/load-balancer-model.ts';
import { findInstance } from '../providers/scale-set-model.ts';
import { findVirtualNetwork, virtualNetworkIdOf } from '../providers/virtual-network-model.ts';

/** One member that one probe asks. */
export interface ProbeTarget {
  readonly probeId: string;
  /** Of the virtual network in which it is asked. */
  readonly networkKey: string;
  readonly address: string;
  readonly port: number;
  /** Absent: a TCP connection is enough. Otherwise GET of this path has to answer 200. */
  readonly path?: string;
  readonly intervalMs: number;
  /** So many equal results in a row make a change. */
  readonly threshold: number;
}

/** Names a target: a member has one state per probe. */
export function targetKey(probeId: string, address: string): string {
  return `${idKey(probeId)} ${address}`;
}

/** Every member that runs, for each probe that a rule of its pool names. */
export function desiredProbes(view: ResourceView): readonly ProbeTarget[] {
  const members = backendMembers(view);
  const targets = new Map<string, ProbeTarget>();
  for (const loadBalancer of loadBalancersOf(view))
    for (const { properties: rule } of loadBalancer.body.properties.loadBalancingRules) {
      const probe = probeOf(loadBalancer, rule.probe?.id);
      if (probe === undefined) continue;
      for (const { subnetId, privateAddress, instanceId } of members.get(idKey(rule.backendAddressPool.id)) ?? []) {
        const networkKey = findVirtualNetwork(view, virtualNetworkIdOf(subnetId))?.state.key;
        const isRunning = instanceId !== undefined && findInstance(view, instanceId)?.state.power === 'running';
        if (networkKey === undefined || !isRunning) continue;
        const target = toTarget(loadBalancer, probe, { networkKey, address: privateAddress });
        targets.set(targetKey(target.probeId, target.address), target);
      }
    }
  return [...targets.values()];
}

function probeOf({ id, body }: StoredLoadBalancer, reference: string | undefined): Probe | undefined {
  return body.properties.probes.find(({ name }) => sameId(partId(id, 'probes', name), reference ?? ''));
}

function toTarget(
  { id }: StoredLoadBalancer,
  { name, properties }: Probe,
  place: Pick<ProbeTarget, 'networkKey' | 'address'>,
): ProbeTarget {
  const { port, requestPath, intervalInSeconds, probeThreshold } = properties;
  return {
    ...place,
    probeId: partId(id, 'probes', name),
    port,
    ...(requestPath === undefined ? {} : { path: requestPath }),
    intervalMs: intervalInSeconds * 1000,
    threshold: probeThreshold,
  };
}
