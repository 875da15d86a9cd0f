import type { EgressWorker } from '../../api/egress-worker.ts';
import { apiGroup } from '../../api/names.ts';
import { formatCidr, offsetOf, parseCidr, type Cidr } from '../../base/addresses.ts';
import { blockCount } from '../../dataplane/labels.ts';
import type { DataplaneSettings } from '../../dataplane/settings.ts';
import type { Applied } from '../../kube/client.ts';
import type { AllocationRules } from '../allocation/ledger.ts';
import type { Holders } from '../allocation/ledger-store.ts';
import type { Node } from '../cluster-kinds.ts';
import { nodeObjectMetadata } from '../node-object.ts';
import { isLinuxNode } from '../node-role.ts';
import type { DesiredLabels, UnusedSince } from './labels.ts';
import { labelRestMs } from './labels.ts';

/** On an EgressWorker, as JSON: since when the labels that it keeps are unused. */
export const unusedLabelsAnnotation = `${apiGroup}/unused-labels`;

/** Label blocks by their place in the range. A block rests as long as a label does. */
export function blockRules(settings: DataplaneSettings): AllocationRules {
  return { first: 0, last: blockCount(settings) - 1, restMs: labelRestMs };
}

/** Linux nodes hold blocks, those that their objects show. */
export function blockHolders(nodes: readonly Node[], workers: readonly EgressWorker[], settings: DataplaneSettings): Holders {
  const size = 2 ** (32 - settings.blockPrefixLength);
  const slotOf = ({ spec }: EgressWorker): number => offsetOf(settings.labelRange, blockOf(spec.labelBlock).address) / size;
  return {
    live: new Set(nodes.filter(isLinuxNode).map(({ metadata }) => metadata.name)),
    known: new Map(workers.map((worker) => [slotOf(worker), worker.metadata.name])),
  };
}

export function blockOf(labelBlock: string): Cidr {
  return parseCidr(labelBlock, 'spec.labelBlock');
}

export function unusedSinceOf({ metadata }: EgressWorker): UnusedSince {
  try {
    const parsed: unknown = JSON.parse(metadata.annotations?.[unusedLabelsAnnotation] ?? '{}');
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).filter((entry) => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
}

/** With the version that was read, so that a decision on old labels does not overwrite new ones. */
export function desiredEgressWorker(
  node: Node,
  { block, resourceVersion }: { readonly block: Cidr; readonly resourceVersion: string | undefined },
  { labels, unusedSince }: Pick<DesiredLabels, 'labels' | 'unusedSince'>,
): Applied<EgressWorker> {
  return {
    metadata: {
      ...nodeObjectMetadata(node),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(Object.keys(unusedSince).length > 0 && { annotations: { [unusedLabelsAnnotation]: JSON.stringify(unusedSince) } }),
    },
    spec: { labelBlock: formatCidr(block), labels: [...labels] },
  };
}
