import { systemNamespace } from '../../api/names.ts';
import type { KubeClient } from '../../kube/client.ts';
import { daemonSetKind, type Workload } from '../cluster-objects.ts';

export const workerAgentName = 'segw-worker-agent';

/** A manager of its own for what narrows: applying without it takes it away again. */
const fieldManager = 'segw-installer-removal';
const key = { namespace: systemNamespace, name: workerAgentName } as const;

/** The worker-agent runs on these nodes only. Absent is fine. */
export async function narrowAgents(client: KubeClient, nodes: readonly string[], signal: AbortSignal): Promise<void> {
  if ((await client.find(daemonSetKind, key, { signal })) === undefined) return;
  await client.apply(daemonSetKind, { metadata: key, ...onNodes(nodes) }, { fieldManager, signal });
}

/** The worker-agent runs on every node again; its manifest has been applied before. */
export async function widenAgents(client: KubeClient, signal: AbortSignal): Promise<void> {
  await client.apply(daemonSetKind, { metadata: key }, { fieldManager, signal });
}

/** The terms are alternatives; each can name one node (kubernetes: validateNodeFieldSelectorRequirement). */
function onNodes(nodes: readonly string[]): Pick<Workload, 'spec'> {
  const nodeSelectorTerms = nodes.map((name) => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }));
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
  // The affinity is part of the template: the agents that stay would be replaced for it, while they guard.
  return { spec: { updateStrategy: { type: 'OnDelete' }, template: { spec: { affinity } } } };
}
