import type { NftTable } from '../nft/table.ts';
import type { DataplaneSettings } from '../settings.ts';

/**
 * The second line in the gateway's namespace, for the time without the first table. Nothing is translated then, so answers of the internet are
 * addressed to the namespace itself, and the kernel would end each connection with a reset at its server; a pod that only reads would never
 * hear of it. After the first table, which answers instead. Only its maker can delete it.
 */
export function gatewayLockTable({ lockTable, namespaceVeth }: DataplaneSettings): NftTable {
  const hook = 'type filter hook input priority filter + 5; policy accept';
  return {
    name: lockTable,
    isOwned: true,
    counters: [],
    sets: [],
    chains: [{ name: 'input', hook, rules: [`iifname "${namespaceVeth.name}" drop`] }],
  };
}
