import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from '../../base/exec.ts';
import { pollUntil } from '../../base/poll.ts';
import type { Context } from '../context.ts';
import { firstProcessOf, processOn } from './node-processes.ts';
import { residentMegabytes } from './process-usage.ts';

/** What a worker and its agent have in use. */
export interface NodeUsage {
  /** Open files and sockets of the agent. */
  readonly descriptors: number;
  /** Of the node's network namespace. */
  readonly devices: number;
  readonly namespaces: number;
  /** Addresses that the base plugin has given away. */
  readonly leases: number;
  /** In the sets and maps of our table. */
  readonly elements: number;
  /** Resident, of the agent. */
  readonly megabytes: number;
}

const settleTimeoutMs = 30_000;

/** Reads until two looks in a row are equal: the kernel and the agent take links away after the plugins have returned. */
export async function readNodeUsage(context: Pick<Context, 'settings' | 'signal'>, node: string): Promise<NodeUsage> {
  let last = '';
  return pollUntil(
    `node ${node} comes to rest`,
    async (note) => {
      const usage = await look(context, node);
      const { megabytes: _megabytes, ...counted } = usage;
      const text = JSON.stringify(counted);
      note(text);
      const isAtRest = text === last;
      last = text;
      return isAtRest ? usage : undefined;
    },
    { timeoutMs: settleTimeoutMs, intervalMs: 1000, signal: context.signal },
  );
}

async function look({ settings, signal }: Pick<Context, 'settings' | 'signal'>, node: string): Promise<NodeUsage> {
  const first = await firstProcessOf(settings, node);
  const agent = await processOn(settings, 'worker-agent', node);
  const root = `/proc/${String(first)}/root`;
  const inside = ['--target', String(first), '--all', 'nft', '--json', 'list', 'table', 'inet', 'segw'];
  return {
    descriptors: (await readdir(`/proc/${String(agent)}/fd`)).length,
    devices: (await readFile(`/proc/${String(first)}/net/dev`, 'utf8')).trim().split('\n').length - 2,
    namespaces: (await readdir(join(root, 'run/netns'))).length,
    leases: (await readdir(join(root, 'var/lib/cni/networks/segw-base'))).length,
    elements: countElements(await run('nsenter', inside, { signal })),
    megabytes: await residentMegabytes(agent),
  };
}

const list = z.object({ elem: z.array(z.unknown()).optional() });
const listing = z.object({ nftables: z.array(z.object({ set: list.optional(), map: list.optional() })) });

/** Source: libnftables-json(5). */
function countElements(json: string): number {
  const sets = listing.parse(JSON.parse(json)).nftables.flatMap(({ set, map }) => set ?? map ?? []);
  return sets.reduce((total, { elem = [] }) => total + elem.length, 0);
}
