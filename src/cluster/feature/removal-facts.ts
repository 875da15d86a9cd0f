import type { EgressWorker } from '../../api/egress-worker.ts';
import { cloudResourcesFinalizer } from '../../api/names.ts';
import type { StaticGatewayConfiguration } from '../../api/static-gateway-configuration.ts';

export interface RemovalFacts {
  /** Names of Linux nodes. */
  readonly readyNodes: ReadonlySet<string>;
  readonly workers: readonly EgressWorker[];
  readonly configurations: readonly StaticGatewayConfiguration[];
  readonly hasOperatorReleased: boolean;
  /** Its Deployment is there. */
  readonly hasOperator: boolean;
}

/** What the operator and the agents of running nodes have still to do before the operator may go; a node that is down is not waited for. */
export function openWork({
  readyNodes,
  workers,
  configurations,
  hasOperator,
  hasOperatorReleased,
}: RemovalFacts): readonly string[] {
  const held = configurations
    .filter(({ metadata }) => metadata.finalizers?.includes(cloudResourcesFinalizer))
    .map(({ metadata: { namespace = '', name } }) => `${namespace}/${name}`);
  if (!hasOperator)
    return held.length === 0
      ? []
      : [
          `there is no Deployment segw-operator to release the cloud resources of ${held.join(', ')}: enable the feature again first`,
        ];
  const unchained = new Set(workers.filter(isUnchained).map(({ metadata }) => metadata.name));
  const chained = [...readyNodes].filter((name) => !unchained.has(name)).sort();
  return [
    ...(held.length > 0 ? [`the operator has not released the cloud resources of ${held.join(', ')}`] : []),
    ...(held.length === 0 && !hasOperatorReleased ? ['the operator has not said that everything is released'] : []),
    ...(chained.length > 0 ? [`the CNI plugin is still chained on ${chained.join(', ')}`] : []),
  ];
}

/** The nodes that still need their worker-agent: pods are attached there, or it has not cleaned up, since the node was down. */
export function nodesWithAgent(workers: readonly EgressWorker[]): readonly string[] {
  return workers
    .filter((worker) => (worker.status?.wanted ?? []).length > 0 || !isUnchained(worker))
    .map(({ metadata }) => metadata.name)
    .sort();
}

function isUnchained({ status }: EgressWorker): boolean {
  return status?.cniChained === false;
}
