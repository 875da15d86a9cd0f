import type { AgentPool } from '@azure/arm-containerservice';
import type { Writable } from 'node:stream';
import { type OutputFormat, writeTable, writeValue } from '../output.ts';

const head = ['NAME', 'MODE', 'COUNT', 'PREFIX', 'VM SIZE', 'OS', 'KUBERNETES', 'STATE'];

/** One pool: a line of the table, or the object. */
export function writePool(stdout: Writable, format: OutputFormat, pool: AgentPool): void {
  if (format === 'table') writeTable(stdout, head, [toRow(pool)]);
  else writeValue(stdout, format, pool);
}

export function writePools(stdout: Writable, format: OutputFormat, pools: readonly AgentPool[]): void {
  if (format === 'table') writeTable(stdout, head, pools.map(toRow));
  else writeValue(stdout, format, pools);
}

function toRow(pool: AgentPool): readonly string[] {
  const prefix = pool.gatewayProfile?.publicIPPrefixSize;
  return [
    pool.name ?? '',
    pool.mode ?? '',
    String(pool.count ?? ''),
    prefix === undefined ? '' : `/${String(prefix)}`,
    pool.vmSize ?? '',
    pool.osType ?? '',
    pool.currentOrchestratorVersion ?? '',
    pool.provisioningState ?? '',
  ];
}
