import type { EgressWorker } from '../../api/egress-worker.ts';
import type { GatewayStatus } from '../../api/gateway-status.ts';
import type { Clock } from '../../kube/clock.ts';
import { storeSource, type Source } from '../../kube/controller.ts';
import { formatKey, keyOf, type ObjectKey } from '../../kube/object.ts';
import type { Caches } from '../caches.ts';
import type { Node } from '../cluster-kinds.ts';
import { isGatewayNode, isNodeReady } from '../node-role.ts';

/** Everything whose changes concern a configuration. `onPoolChange` is called when gateway nodes come or go. */
export function configurationSources(caches: Caches, clock: Clock, onPoolChange: () => void): readonly Source[] {
  const { configurations, vmConfigurations, gatewayStatuses, egressWorkers, feature } = caches;
  return [
    storeSource(configurations.store, configurations),
    storeSource(vmConfigurations.store, vmConfigurations),
    coalesced(
      storeSource(gatewayStatuses.store, gatewayStatuses, (status) => servedBy(caches, status)),
      clock,
    ),
    coalesced(storeSource(egressWorkers.store, egressWorkers, usedBy), clock),
    storeSource(feature.store, feature, () => configurations.store.list().map(keyOf)),
    nodeSource(caches, onPoolChange),
  ];
}

function servedBy({ vmConfigurations }: Caches, { metadata }: GatewayStatus): readonly ObjectKey[] {
  return vmConfigurations.store.byIndex('node', metadata.name).map(keyOf);
}

function usedBy({ status }: EgressWorker): readonly ObjectKey[] {
  return (status?.wanted ?? []).map(({ namespace, name }) => ({ namespace, name }));
}

/** What agents report in short order: sixteen gateways that acknowledge a configuration are to cost one write of its status. */
const gatherMs = 250;

/** The same keys, gathered for a moment. */
export function coalesced(source: Source, clock: Clock): Source {
  return {
    synced: source.synced,
    subscribe: (enqueue) => {
      let gathered = new Map<string, ObjectKey>();
      let cancel: (() => void) | undefined;
      const flush = (): void => {
        cancel = undefined;
        const keys = gathered;
        gathered = new Map();
        for (const key of keys.values()) enqueue(key);
      };
      const unsubscribe = source.subscribe((key) => {
        gathered.set(formatKey(key), key);
        cancel ??= clock.schedule(gatherMs, flush);
      });
      return () => {
        unsubscribe();
        cancel?.();
      };
    },
  };
}

/** Nodes report often, and little of that matters here: whether a gateway is there, and ready. */
function nodeSource({ nodes, configurations }: Caches, onPoolChange: () => void): Source {
  return {
    synced: nodes.synced,
    subscribe: (enqueue) =>
      nodes.store.subscribe((change) => {
        const before = aspectOf(
          change.type === 'updated' ? change.previous : change.type === 'deleted' ? change.object : undefined,
        );
        const after = aspectOf(change.type === 'deleted' ? undefined : change.object);
        if (before === after) return;
        if (before === 'absent' || after === 'absent') onPoolChange();
        for (const configuration of configurations.store.list()) enqueue(keyOf(configuration));
      }),
  };
}

function aspectOf(node: Node | undefined): 'absent' | 'ready' | 'notReady' {
  if (node === undefined || !isGatewayNode(node)) return 'absent';
  return isNodeReady(node) ? 'ready' : 'notReady';
}
