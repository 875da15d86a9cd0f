import { featureConfigMap } from '../api/feature.ts';
import type { EgressWorker } from '../api/egress-worker.ts';
import type { Logger } from '../base/log.ts';
import type { CloudProvider } from '../cloud/cloud-provider.ts';
import type { DataplaneSettings } from '../dataplane/settings.ts';
import { lastGatewayNumber } from '../dataplane/settings.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { startController, storeSource, type Controller, type ControllerOptions, type Reconciled } from '../kube/controller.ts';
import type { EventRecorder } from '../kube/events.ts';
import { formatKey, keyOf, type KubeObject, type ObjectKey } from '../kube/object.ts';
import { LedgerStore } from './allocation/ledger-store.ts';
import type { Caches } from './caches.ts';
import { blockRules } from './egress-worker/desired.ts';
import { EgressWorkerReconciler } from './egress-worker/reconciler.ts';
import { FeatureReconciler } from './feature/reconciler.ts';
import { GatewayGuardReconciler, gatewayGuardKey } from './gateway-guard/reconciler.ts';
import { GatewayStatusReconciler } from './gateway-status/reconciler.ts';
import type { ByoPrefixes } from './static-gateway-configuration/acceptance.ts';
import { GatewayPools } from './static-gateway-configuration/gateway-pools.ts';
import type { RecheckTimes } from './static-gateway-configuration/recheck.ts';
import { StaticGatewayConfigurationReconciler } from './static-gateway-configuration/reconciler.ts';
import { configurationSources } from './static-gateway-configuration/sources.ts';

export interface ControllerDependencies {
  readonly client: KubeClient;
  readonly provider: CloudProvider;
  readonly caches: Caches;
  readonly events: EventRecorder;
  readonly settings: DataplaneSettings;
  readonly byoPrefixes: ByoPrefixes;
  readonly recheck: RecheckTimes;
  readonly log: Logger;
  readonly clock: Clock;
  readonly onReconciled?: ((controller: string, reconciled: Reconciled) => void) | undefined;
  /** Aborts when the controllers are to stop. */
  readonly signal: AbortSignal;
}

/** A gateway's number is free for another one after so long: marks, routes and tunnels of the old one are gone by then. */
const numberRestMs = 600_000;
/** Configurations mostly wait for the cloud, and those that wait together are served together. */
const configurationConcurrency = 256;
const nodeConcurrency = 8;

type Row = Pick<ControllerOptions, 'name' | 'objectName' | 'reconciler' | 'sources' | 'concurrency'>;

/** The operator's controllers. A new one is a folder and a row here. */
export function startControllers(deps: ControllerDependencies): readonly Controller[] {
  const { log, clock, onReconciled } = deps;
  return [configurationRow(deps), gatewayStatusRow(deps), egressWorkerRow(deps), gatewayGuardRow(deps), featureRow(deps)].map(
    (row) =>
      startController({
        ...row,
        log,
        clock,
        queue: { firstRetryMs: 200 },
        onReconciled: (reconciled) => onReconciled?.(row.name, reconciled),
      }),
  );
}

function configurationRow(deps: ControllerDependencies): Row {
  const { client, provider, caches, events, clock, byoPrefixes, recheck, signal } = deps;
  const pools = new GatewayPools({ provider, clock, signal, maxAgeMs: recheck.maxAgeMs });
  const cloud = { provider, pools, byoPrefixes };
  return {
    name: 'static-gateway-configuration',
    objectName: 'staticGatewayConfiguration',
    reconciler: new StaticGatewayConfigurationReconciler({ client, caches, cloud, events, clock, recheck }),
    sources: configurationSources(caches, clock, () => pools.forget()),
    concurrency: configurationConcurrency,
  };
}

function gatewayStatusRow({ client, caches, clock, settings }: ControllerDependencies): Row {
  const rules = { first: 1, last: lastGatewayNumber(settings), restMs: numberRestMs };
  const numbers = new LedgerStore({ client, name: 'segw-gateway-numbers', rules, clock });
  const { nodes, gatewayStatuses } = caches;
  return {
    name: 'gateway-status',
    objectName: 'node',
    reconciler: new GatewayStatusReconciler({ client, caches, numbers }),
    sources: [storeSource(nodes.store, nodes), storeSource(gatewayStatuses.store, gatewayStatuses, toNode)],
    concurrency: nodeConcurrency,
  };
}

function egressWorkerRow({ client, caches, clock, settings }: ControllerDependencies): Row {
  const blocks = new LedgerStore({ client, name: 'segw-label-blocks', rules: blockRules(settings), clock });
  const { nodes, egressWorkers, configurations } = caches;
  const usersOf = (configuration: KubeObject): readonly ObjectKey[] =>
    egressWorkers.store.byIndex('wanted', formatKey(keyOf(configuration))).flatMap(toNode);
  return {
    name: 'egress-worker',
    objectName: 'node',
    reconciler: new EgressWorkerReconciler({ client, caches, blocks, settings, clock }),
    sources: [
      storeSource(nodes.store, nodes),
      storeSource<EgressWorker, 'wanted'>(egressWorkers.store, egressWorkers, toNode),
      storeSource(configurations.store, configurations, usersOf),
    ],
    concurrency: nodeConcurrency,
  };
}

function gatewayGuardRow({ client, caches }: ControllerDependencies): Row {
  const { gatewayGuard, nodes } = caches;
  return {
    name: 'gateway-guard',
    objectName: 'deployment',
    reconciler: new GatewayGuardReconciler({ client, caches }),
    sources: [storeSource(gatewayGuard.store, gatewayGuard), storeSource(nodes.store, nodes, () => [gatewayGuardKey])],
    concurrency: 1,
  };
}

function featureRow({ client, caches }: ControllerDependencies): Row {
  const { feature, configurations } = caches;
  return {
    name: 'feature',
    objectName: 'configMap',
    reconciler: new FeatureReconciler({ client, caches }),
    sources: [storeSource(feature.store, feature), storeSource(configurations.store, configurations, () => [featureConfigMap])],
    concurrency: 1,
  };
}

/** The objects in the system namespace have the names of their nodes. */
function toNode({ metadata }: KubeObject): readonly ObjectKey[] {
  return [{ name: metadata.name }];
}
