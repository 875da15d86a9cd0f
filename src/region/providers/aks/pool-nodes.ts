import type { AgentPoolProperties } from './agent-pool-body.ts';

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

/** `key=value:Effect`. A gateway node runs nothing that does not ask for it (spec A10). */
export function desiredNodeTaints({ mode, nodeTaints }: AgentPoolProperties): readonly string[] {
  return mode === 'Gateway' ? [gatewayTaint, ...nodeTaints.filter((taint) => taint !== gatewayTaint)] : nodeTaints;
}
