import type { EgressWorker } from '../../api/egress-worker.ts';
import { nodeLeft } from '../../api/feature.ts';
import type { GatewayStatus } from '../../api/gateway-status.ts';
import { cloudResourcesFinalizer } from '../../api/names.ts';
import type { StaticGatewayConfiguration } from '../../api/static-gateway-configuration.ts';

export interface RemovalFacts {
  /** Names of Linux nodes. */
  readonly readyNodes: ReadonlySet<string>;
  readonly workers: readonly EgressWorker[];
  readonly gateways: readonly GatewayStatus[];
  readonly configurations: readonly StaticGatewayConfiguration[];
  readonly hasOperatorReleased: boolean;
  /** Its Deployment is there. */
  readonly hasOperator: boolean;
}

/** What the operator and the agents of running nodes have still to do before the operator may go; a node that is down is not waited for. */
export function openWork(facts: RemovalFacts): readonly string[] {
  const { readyNodes, workers, configurations, hasOperator, hasOperatorReleased } = facts;
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
    ...unfinishedNodes(facts).map((name) => `an agent has not taken everything off ${name}`),
  ];
}

/** Nodes of gateways, and nodes without attached pods: these are done in a moment. */
function unfinishedNodes({ readyNodes, workers, gateways }: RemovalFacts): readonly string[] {
  const idle = workers.filter((worker) => isUnchained(worker) && (worker.status?.wanted ?? []).length === 0);
  const names = [...idle, ...gateways].filter((one) => !hasLeft(one)).map(({ metadata }) => metadata.name);
  return [...new Set(names)].filter((name) => readyNodes.has(name)).sort();
}

/** The nodes that still need their worker-agent: pods are attached there, or it has not cleaned up, since the node was down. */
export function nodesWithAgent(workers: readonly EgressWorker[]): readonly string[] {
  return workers
    .filter((worker) => !hasLeft(worker))
    .map(({ metadata }) => metadata.name)
    .sort();
}

function hasLeft({ status }: EgressWorker | GatewayStatus): boolean {
  return status?.reason === nodeLeft;
}

function isUnchained({ status }: EgressWorker): boolean {
  return status?.cniChained === false;
}
