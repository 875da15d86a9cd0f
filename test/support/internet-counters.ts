import { join } from 'node:path';
import { createSupply } from '../../src/cluster/supply/supply.ts';
import { createFabricKernel } from '../../src/linux/fabric-kernel.ts';
import { internetTable } from '../../src/region/fabric/internet-rules.ts';
import { libnftables } from '../../src/region/machines/toolbox.ts';
import { settings } from './installation.ts';
import { cacheDir, repositoryDir } from './paths.ts';

/** What the internet host saw, since the region came up. */
export interface InternetCounters {
  /** Packets by source, of those to this destination port. */
  sourcesOf(port: number): ReadonlyMap<string, number>;
  /** Packets with a private source: nobody translated them. */
  readonly untranslated: number;
}

interface Seen {
  readonly source: string;
  readonly port: number;
  readonly packets: number;
}

/** Reads the counters of the kernel at the internet side: our own tables are not asked. */
export async function readInternetCounters(): Promise<InternetCounters> {
  const kernel = createFabricKernel({
    library: libnftables(await createSupply({ cacheDir, repositoryDir }).ensureRoot('machine')),
  });
  const namespace = kernel.open(join(settings.stateDir, 'netns/internet'));
  try {
    return parseInternetTable(namespace.listRules(`table ${internetTable}`));
  } finally {
    namespace.close();
  }
}

function parseInternetTable(text: string): InternetCounters {
  const element = /(?<source>\d+\.\d+\.\d+\.\d+) \. \S+ \. (?<port>\S+) counter packets (?<packets>\d+)/g;
  const seen: readonly Seen[] = [...text.matchAll(element)].map(({ groups }) => ({
    source: groups?.['source'] ?? '',
    port: Number(groups?.['port']),
    packets: Number(groups?.['packets']),
  }));
  const untranslated = /counter untranslated \{\s*packets (\d+)/.exec(text)?.[1];
  return {
    sourcesOf: (port) => new Map(seen.filter((entry) => entry.port === port).map(({ source, packets }) => [source, packets])),
    untranslated: Number(untranslated),
  };
}
