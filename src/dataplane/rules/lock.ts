import type { WorkerInputs } from '../model.ts';
import { guardSet, type NftChain, type NftTable } from '../nft/table.ts';
import type { DataplaneSettings } from '../settings.ts';
import type { Steering } from '../steering.ts';
import { clusterSets, excludedSet, isExcluded } from './destinations.ts';

/**
 * The second line: while the first table is missing, what an attached pod sends is dropped unless it may go directly. Only its maker
 * can delete it, so a foreign `nft flush ruleset` leaves it standing. Source: dataplane reference, section 7.
 */
export function lockTable(inputs: WorkerInputs, { sgcs, pods }: Steering, settings: DataplaneSettings): NftTable {
  const locked = pods.filter(({ pod }) => pod.phase === 'attached');
  const elements = locked.map(({ pod, sgc }) => ({ key: `"${pod.veth}"`, value: `goto lock_${sgc?.name ?? 'held'}` }));
  return {
    name: settings.lockTable,
    isOwned: true,
    counters: [],
    sets: [...clusterSets(inputs, settings), ...sgcs.map(excludedSet), guardSet('locks', 'type ifname : verdict', elements)],
    chains: [
      ...sgcs.map((sgc) => lockChain(sgc.name, [`${isExcluded(sgc)} accept`])),
      lockChain('held', []),
      forwardChain(settings),
    ],
  };
}

function lockChain(name: string, exceptions: readonly string[]): NftChain {
  return { name: `lock_${name}`, rules: ['ip daddr @cluster4 accept', 'ip6 daddr @cluster6 accept', ...exceptions, 'drop'] };
}

/** After the first table, which answers instead of dropping. */
function forwardChain({ workerDevicePrefix }: DataplaneSettings): NftChain {
  return {
    name: 'forward',
    hook: 'type filter hook forward priority filter - 5; policy accept',
    rules: [
      `oifname "${workerDevicePrefix}*" accept`,
      // Not related: an ICMP error may be about anybody's connection.
      'ct direction reply ct state established accept',
      'iifname vmap @locks',
    ],
  };
}
