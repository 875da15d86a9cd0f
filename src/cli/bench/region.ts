import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { SegwError } from '../../base/error.ts';
import { inStep } from '../../base/progress.ts';
import { regionToken } from '../aks/azure-clients.ts';
import type { Context } from '../context.ts';
import { regionPid } from '../region-processes.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import type { Benchmark } from './benchmark.ts';
import { toFigure } from './figure.ts';
import { inOwnRegion } from './own-region.ts';

const apiVersion = '2024-05-01';
const location = 'local';
const counts = { groups: 50, prefixes: 100, addresses: 200, identities: 650 } as const;
const total = counts.groups + counts.prefixes + counts.addresses + counts.identities;
const readsPerRun = 200;

/** Reads, lists and memory of a region with 1,000 resources, over TLS as any client asks. A run is a list of each kind and 200 reads. */
export const regionBenchmark: Benchmark = {
  name: 'region',
  description: `reads, lists and memory of a region with ${String(total)} resources`,
  defaultRuns: 10,
  run: async (context, { runs, progress }) =>
    inOwnRegion(context, async (own) => {
      const client = await connect(own);
      const empty = await memoryMegabytes(own);
      const writes = await inStep(progress, `make ${String(total)} resources`, async () => fill(client));
      const full = await memoryMegabytes(own);
      const samples = await inStep(progress, `${String(runs)} runs`, async () => measure(client, runs));
      const busy = await memoryMegabytes(own);
      return [
        toFigure({ name: 'read of a resource', unit: 'ms', target: '< 10 at the median', values: samples.reads }),
        toFigure({ name: `list of all ${String(total)} resources, all pages`, unit: 'ms', target: '< 100', values: samples.all }),
        toFigure({
          name: `list of ${String(counts.identities)} of one type`,
          unit: 'ms',
          target: '< 100',
          values: samples.ofType,
        }),
        toFigure({ name: 'PUT of a small resource', unit: 'ms', target: '-', values: writes }),
        toFigure({ name: 'memory without resources', unit: 'MB', target: '-', values: [empty] }),
        toFigure({ name: `memory with ${String(total)} resources`, unit: 'MB', target: '< 150', values: [full] }),
        toFigure({ name: 'memory after all reads and lists', unit: 'MB', target: '-', values: [busy] }),
      ];
    }),
};

interface Client {
  readonly subscription: string;
  /** Returns the answer's JSON. Throws `RegionFailed` for anything but success. */
  call(method: 'GET' | 'PUT', url: string, body?: object): Promise<unknown>;
}

/** One connection, one token: what is measured is the region. */
async function connect({ settings, signal }: Context): Promise<Client> {
  const region = await readRegionCredentials(settings);
  const dispatcher = new Agent({ connect: { ca: await readFile(region.caFile, 'utf8') }, connections: 1, allowH2: false });
  const headers = { authorization: `Bearer ${await regionToken(region, signal)}`, 'content-type': 'application/json' };
  return {
    subscription: `/subscriptions/${region.subscriptionId}`,
    async call(method, url, body) {
      const target = url.startsWith('/') ? `${region.armEndpoint}${url}?api-version=${apiVersion}` : url;
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await request(target, { method, dispatcher, headers, signal, ...content });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new SegwError('RegionFailed', `${method} ${url}: ${text}`);
      return JSON.parse(text);
    },
  };
}

/** Nothing that needs a machine or a namespace. Returns how long each PUT took, in milliseconds. */
async function fill(client: Client): Promise<readonly number[]> {
  const durations: number[] = [];
  const body = { location, tags: { purpose: 'benchmark' } };
  const put = async (path: string, content: object): Promise<void> => {
    durations.push(await durationMs(async () => client.call('PUT', path, content)));
  };
  for (let index = 0; index < counts.groups; index += 1) await put(groupPath(client, index), body);
  for (let index = 0; index < counts.prefixes; index += 1)
    await put(resourcePath(client, 'Microsoft.Network/publicIPPrefixes', index), { ...body, properties: { prefixLength: 31 } });
  for (let index = 0; index < counts.addresses; index += 1)
    await put(resourcePath(client, 'Microsoft.Network/publicIPAddresses', index), { ...body, properties: {} });
  for (let index = 0; index < counts.identities; index += 1) await put(resourcePath(client, identityType, index), body);
  return durations;
}

const identityType = 'Microsoft.ManagedIdentity/userAssignedIdentities';

const listPage = z.object({ value: z.array(z.unknown()), nextLink: z.string().optional() });

interface Samples {
  readonly reads: readonly number[];
  readonly all: readonly number[];
  readonly ofType: readonly number[];
}

async function measure(client: Client, runs: number): Promise<Samples> {
  const [reads, all, ofType]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < runs; run += 1) {
    all.push(await durationMs(async () => readAll(client, `${client.subscription}/resources`, total - counts.groups)));
    ofType.push(
      await durationMs(async () => readAll(client, `${client.subscription}/providers/${identityType}`, counts.identities)),
    );
    for (let read = 0; read < readsPerRun; read += 1) {
      const path = resourcePath(client, identityType, (run * readsPerRun + read) % counts.identities);
      reads.push(await durationMs(async () => client.call('GET', path)));
    }
  }
  return { reads, all, ofType };
}

/** Every page. Throws `RegionFailed` when it is not `expected` resources. */
async function readAll(client: Client, path: string, expected: number): Promise<void> {
  let count = 0;
  for (let next: string | undefined = path; next !== undefined;) {
    const page = listPage.parse(await client.call('GET', next));
    count += page.value.length;
    next = page.nextLink;
  }
  if (count !== expected)
    throw new SegwError('RegionFailed', `${path}: ${String(count)} resources instead of ${String(expected)}`);
}

function groupPath({ subscription }: Client, index: number): string {
  return `${subscription}/resourceGroups/bench-${String(index % counts.groups)}`;
}

function resourcePath(client: Client, type: string, index: number): string {
  return `${groupPath(client, index)}/providers/${type}/bench-${String(index)}`;
}

async function durationMs(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round((performance.now() - began) * 100) / 100;
}

/** What the daemon has in memory (proc(5), VmRSS), in 10^6 bytes. */
async function memoryMegabytes({ settings }: Context): Promise<number> {
  const pid = await regionPid(settings);
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return Math.round((Number(kilobytes) * 1024) / 1e6);
}
