import type { EgressWorker } from '../api/egress-worker.ts';
import type { GatewayVmConfiguration } from '../api/gateway-vm-configuration.ts';
import { spreadAnnotation } from '../api/names.ts';
import type { StaticGatewayConfiguration } from '../api/static-gateway-configuration.ts';
import { parseCidr, type Cidr } from '../base/addresses.ts';
import type { ClusterNetworks, Sgc, Spread } from '../dataplane/model.ts';
import { findClusterNetworks, refusesPods, type GivenNetworks, type NotReady } from './cluster-networks.ts';
import type { ClusterView } from './cluster-view.ts';
import { knownGateways, type KnownGateway } from './gateways.ts';
import { spreadOf } from './spread-annotation.ts';

/**
 * All that the worker's dataplane has to know besides its own pods. Kept on disk: after a restart the node is served, and fails over,
 * before the API server has been reached.
 */
export interface Surroundings {
  readonly block: Cidr;
  readonly cluster: ClusterNetworks;
  readonly gateways: readonly KnownGateway[];
  readonly sgcs: readonly UsableSgc[];
}

/** An SGC that this worker is authorised to use. `gateways` are those that have acknowledged it. */
export interface UsableSgc extends Sgc {
  readonly uid: string;
}

/** Who this node is. */
export interface OwnNode {
  readonly name: string;
  readonly publicKey: string;
  readonly given: GivenNetworks;
  /** How connections are spread where an SGC's annotation does not say. */
  readonly spread: Spread;
}

/**
 * What the objects say; or why this node is not ready. `previous` is what they said before: a gateway that has acknowledged a label
 * once does not lose its pods because it lags behind a later generation.
 */
export function desiredSurroundings(
  view: ClusterView,
  own: OwnNode,
  previous: Surroundings | undefined,
): { readonly surroundings: Surroundings } | { readonly notReady: NotReady } {
  const { worker } = view;
  const refusal = refusesPods(view.nodes, own.name);
  if (refusal) return { notReady: refusal };
  const found = findClusterNetworks(view, own.name, own.given);
  if ('notReady' in found) return found;
  if (!worker) return { notReady: { reason: 'WaitingForOperator', message: `there is no EgressWorker ${own.name} yet` } };
  const gateways = knownGateways(view.gatewayStatuses);
  const block = parseCidr(worker.spec.labelBlock, 'labelBlock');
  const sgcs = usableSgcs(worker, { view, own, previous, gateways });
  return { surroundings: { block, cluster: found.networks, gateways, sgcs } };
}

/** While the feature is being removed: gateways go, and pods that would use one are refused. Tunnels have no reason to be any more. */
export function withoutGateways(surroundings: Surroundings): Surroundings {
  return { ...surroundings, gateways: [], sgcs: surroundings.sgcs.map((sgc) => ({ ...sgc, gateways: [] })) };
}

interface Context {
  readonly view: ClusterView;
  readonly own: OwnNode;
  readonly previous: Surroundings | undefined;
  readonly gateways: readonly KnownGateway[];
}

function usableSgcs(worker: EgressWorker, context: Context): UsableSgc[] {
  const configurations = new Map(context.view.configurations.map((object) => [object.metadata.uid, object]));
  const labels = worker.spec.labels ?? [];
  return labels.flatMap(({ uid, address }) => {
    const configuration = configurations.get(uid);
    return configuration ? [toSgc(configuration, address, { ...context, worker })] : [];
  });
}

function toSgc(
  { metadata, spec }: StaticGatewayConfiguration,
  label: string,
  context: Context & { readonly worker: EgressWorker },
): UsableSgc {
  const { namespace = '', name, uid = '' } = metadata;
  const key = `${namespace}/${name}`;
  const vmConfiguration = context.view.vmConfigurations.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
  );
  const before = context.previous?.sgcs.find((sgc) => sgc.uid === uid && sgc.label === label)?.gateways ?? [];
  const acknowledged = acknowledgingNodes(uid, vmConfiguration, context);
  const nodes = new Set((vmConfiguration?.status?.gatewayVmProfiles ?? []).map(({ nodeName }) => nodeName));
  return {
    key,
    uid,
    label,
    excludeCidrs: (spec.excludeCidrs ?? []).map((cidr) => parseCidr(cidr, `excludeCidrs of ${key}`)),
    defaultRoute: spec.defaultRoute,
    spread: spreadOf(metadata.annotations?.[spreadAnnotation]) ?? context.own.spread,
    gateways: context.gateways
      .filter(({ node, number }) => nodes.has(node) && (acknowledged.has(node) || before.includes(number)))
      .map(({ number }) => number),
  };
}

/** The nodes whose gateway has programmed this SGC, and this worker with its present labels and key. */
function acknowledgingNodes(
  uid: string,
  vmConfiguration: GatewayVmConfiguration | undefined,
  { view, own, worker }: Context & { readonly worker: EgressWorker },
): ReadonlySet<string> {
  const generation = vmConfiguration?.status?.configurationGeneration ?? Number.POSITIVE_INFINITY;
  const workerGeneration = worker.metadata.generation ?? 0;
  const isAcknowledged = (status: ClusterView['gatewayStatuses'][number]['status']): boolean =>
    (status?.configurations ?? []).some((entry) => entry.uid === uid && entry.generation >= generation) &&
    (status?.workers ?? []).some(
      (entry) => entry.name === own.name && entry.generation >= workerGeneration && entry.publicKey === own.publicKey,
    );
  return new Set(view.gatewayStatuses.filter(({ status }) => isAcknowledged(status)).map(({ metadata }) => metadata.name));
}
