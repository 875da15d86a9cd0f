import { fabricSettings } from './fabric-settings.ts';
import { internetServicePorts, internetTable } from './internet-rules.ts';
import type { NamespaceKernel } from './kernel.ts';

/** What came to the internet host since the region came up, as its kernel counted it: nobody's own tables are asked. */
export interface InternetArrivals {
  readonly address: string;
  /** First and last port of each service, one for every client. */
  readonly ports: {
    readonly echo: readonly [number, number];
    readonly download: readonly [number, number];
    readonly upload: readonly [number, number];
  };
  /** Packets with a private source: nobody translated them. */
  readonly untranslated: number;
  readonly sources: readonly ArrivedPackets[];
}

interface ArrivedPackets {
  readonly source: string;
  /** The destination. */
  readonly port: number;
  readonly packets: number;
}

export function readInternetArrivals(kernel: NamespaceKernel): InternetArrivals {
  const [echo, download, upload] = internetServicePorts;
  return {
    address: fabricSettings.internetAddress,
    ports: { echo: echo.range, download: download.range, upload: upload.range },
    ...parseInternetTable(kernel.listRules(`table ${internetTable}`)),
  };
}

/** Reads the table as nft lists it; one port of two protocols makes two entries. */
export function parseInternetTable(text: string): Pick<InternetArrivals, 'untranslated' | 'sources'> {
  const element = /(?<source>\d+\.\d+\.\d+\.\d+) \. \S+ \. (?<port>\d+) counter packets (?<packets>\d+)/g;
  return {
    untranslated: Number(/counter untranslated \{\s*packets (\d+)/.exec(text)?.[1]),
    sources: [...text.matchAll(element)].map(({ groups }) => ({
      source: groups?.['source'] ?? '',
      port: Number(groups?.['port']),
      packets: Number(groups?.['packets']),
    })),
  };
}
