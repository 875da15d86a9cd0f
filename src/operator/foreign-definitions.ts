import { apiGroup, labels, productName } from '../api/names.ts';
import { SegwError } from '../base/error.ts';
import type { KubeClient } from '../kube/client.ts';
import { listAll } from '../kube/list-watch.ts';
import { customResourceDefinitionKind, type CustomResourceDefinition } from './cluster-kinds.ts';

/** The names of definitions in our API group that another product has made. */
export function foreignDefinitions(definitions: readonly CustomResourceDefinition[]): readonly string[] {
  return definitions
    .filter(({ spec, metadata }) => spec?.group === apiGroup && metadata.labels?.[labels.partOf] !== productName)
    .map(({ metadata }) => metadata.name)
    .sort();
}

/** Throws `ForeignDefinitions` where another product owns kinds of our group (design.md section 3). */
export async function refuseForeignDefinitions(client: KubeClient, signal: AbortSignal): Promise<void> {
  const { items } = await listAll(client, customResourceDefinitionKind, { signal });
  const foreign = foreignDefinitions(items);
  if (foreign.length === 0) return;
  throw new SegwError(
    'ForeignDefinitions',
    `the cluster has kinds of group ${apiGroup} that are not ours: ${foreign.join(', ')}; two operators would write the same objects`,
  );
}
