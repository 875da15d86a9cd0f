import type { AgentPoolProperties } from './agent-pool-body.ts';
import type { AgentPoolState } from './cluster-records.ts';

const gatewayLabels = {
  'kubeegressgateway.azure.com/mode': 'true',
  'node.kubernetes.io/exclude-from-external-load-balancers': 'true',
};
const gatewayTaint = 'kubernetes.azure.com/mode=gateway:NoSchedule';

/** Labels of the pool's nodes: the service's own (design.md section 3) and its owner's. */
export function desiredNodeLabels(pool: string, { mode, nodeLabels }: AgentPoolProperties): Readonly<Record<string, string>> {
  return {
    ...nodeLabels,
    'kubernetes.azure.com/agentpool': pool,
    'kubernetes.azure.com/mode': mode.toLowerCase(),
    ...(mode === 'Gateway' ? gatewayLabels : {}),
  };
}

/** What nodes and scale set of the pool may still have of an earlier form of it. */
export function formerMarks(
  state: AgentPoolState | undefined,
  before: AgentPoolProperties | undefined,
  now: AgentPoolProperties,
): Required<AgentPoolState> {
  const gone = (former: readonly string[] = [], then: readonly string[] = [], wanted: readonly string[]): readonly string[] =>
    [...new Set([...former, ...then])].filter((mark) => !wanted.includes(mark));
  return {
    formerLabels: gone(state?.formerLabels, Object.keys(before?.nodeLabels ?? {}), Object.keys(now.nodeLabels)),
    formerTaints: gone(state?.formerTaints, before?.nodeTaints, now.nodeTaints),
    formerTags: gone(state?.formerTags, Object.keys(before?.tags ?? {}), Object.keys(now.tags)),
  };
}

/** `key=value:Effect`. A gateway node runs nothing that does not ask for it (spec A10). */
export function desiredNodeTaints({ mode, nodeTaints }: AgentPoolProperties): readonly string[] {
  return mode === 'Gateway' ? [gatewayTaint, ...nodeTaints.filter((taint) => taint !== gatewayTaint)] : nodeTaints;
}
