import { z } from 'zod';
import { cidrContains, type Cidr } from '../../../base/addresses.ts';
import { callLocal } from '../../aks/local-request.ts';
import type { Context } from '../../context.ts';
import type { TrafficPorts } from './traffic-plan.ts';

const range = z.tuple([z.int(), z.int()]);
const answer = z.object({
  address: z.string(),
  ports: z.object({ echo: range, download: range, upload: range }),
  untranslated: z.int(),
  sources: z.array(z.object({ source: z.string(), port: z.int(), packets: z.int() })),
});

/** What the internet host has seen since the region came up. */
export interface InternetArrivals {
  readonly address: string;
  /** Packets with a private source: nobody translated them. */
  readonly untranslated: number;
  /** Packets by source, of those to this destination port. */
  sourcesOf(port: number): ReadonlyMap<string, number>;
  /** Ports of the internet host for the client with this number, 0 to 9,999, and for no other. */
  portsOfClient(client: number): TrafficPorts;
}

/** Asks the region, which asks the kernel at the internet side. Errors as `callLocal`. */
export async function readInternetArrivals(context: Pick<Context, 'settings' | 'signal'>): Promise<InternetArrivals> {
  return toArrivals(answer.parse(await callLocal(context, { method: 'GET', path: '/local/internet' })));
}

/** Pure. */
export function toArrivals({ address, ports, untranslated, sources }: z.infer<typeof answer>): InternetArrivals {
  return {
    address,
    untranslated,
    sourcesOf(port) {
      const found = sources.filter((entry) => entry.port === port);
      return new Map(
        Map.groupBy(found, ({ source }) => source)
          .entries()
          .map(([source, entries]) => [source, sum(entries)]),
      );
    },
    portsOfClient: (client) => ({
      echo: ports.echo[0] + client,
      download: ports.download[0] + client,
      upload: ports.upload[0] + client,
    }),
  };
}

/** Of the clients with these numbers: packets whose source is not in `prefix`. */
export function wrongSourcePackets(arrivals: InternetArrivals, clients: Iterable<number>, prefix: Cidr): number {
  const ports = [...clients].flatMap((client) => Object.values(arrivals.portsOfClient(client)));
  const wrong = ports.flatMap((port) => [...arrivals.sourcesOf(port)].filter(([source]) => !cidrContains(prefix, source)));
  return wrong.reduce((total, [, packets]) => total + packets, 0);
}

function sum(entries: readonly { readonly packets: number }[]): number {
  return entries.reduce((total, { packets }) => total + packets, 0);
}
