import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { SegwError } from '../../../base/error.ts';
import { run } from '../../../base/exec.ts';
import { exists } from '../../../base/files.ts';
import { pollUntil } from '../../../base/poll.ts';
import type { Context } from '../../context.ts';

const enter = 'nsenter';
const program = '/usr/bin/iperf3';
const port = '5201';
const startTimeoutMs = 10_000;

const report = z.object({ end: z.object({ sum_received: z.object({ bits_per_second: z.number() }) }) });

export interface Transfer {
  /** Path of the client's network namespace. */
  readonly from: string;
  readonly to: string;
  /** `down`: the server sends. */
  readonly direction: 'up' | 'down';
  readonly seconds: number;
}

/** iperf3 in any network namespace of this host. */
export interface Iperf {
  /** Runs until `stop`. */
  serve(netns: string): Promise<void>;
  /** Megabits per second that arrived, of one TCP connection. */
  measure(transfer: Transfer): Promise<number>;
  stop(): Promise<void>;
}

/** The program of a pod with the tools image: its files, but not its network. Throws `NotFound` when no such pod runs. */
export async function createIperf({ settings, signal }: Pick<Context, 'settings' | 'signal'>): Promise<Iperf> {
  const pid = await findToolsProcess(`/segw-${settings.installation}/`);
  const servers: ChildProcess[] = [];
  const inside = (netns: string, args: readonly string[]): readonly string[] => [
    `--mount=/proc/${String(pid)}/ns/mnt`,
    `--net=${netns}`,
    program,
    '--port',
    port,
    ...args,
  ];
  return {
    async serve(netns) {
      const server = spawn(enter, inside(netns, ['--server']), { stdio: 'ignore' });
      servers.push(server);
      await pollUntil('iperf3 listens', async () => ((await listens(server.pid)) ? true : undefined), {
        timeoutMs: startTimeoutMs,
        signal,
      });
    },
    async measure({ from, to, direction, seconds }) {
      const flags = ['--client', to, '--time', String(seconds), '--json', ...(direction === 'down' ? ['--reverse'] : [])];
      const output = await run(enter, inside(from, flags), { signal, timeoutMs: (seconds + 20) * 1000 });
      return Math.round(report.parse(JSON.parse(output)).end.sum_received.bits_per_second / 1e6);
    },
    async stop() {
      const running = servers.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
      await Promise.all(
        running.map(async (server) => {
          const ended = once(server, 'exit');
          server.kill('SIGKILL');
          await ended;
        }),
      );
    },
  };
}

async function findToolsProcess(cgroup: string): Promise<number> {
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const place = await readFile(`/proc/${id}/cgroup`, 'utf8').catch(() => '');
    if (place.includes(cgroup) && (await exists(`/proc/${id}/root${program}`))) return Number(id);
  }
  throw new SegwError('NotFound', `no pod with ${program} runs`);
}

const listening = '0A';

/** Whether a socket of the server's namespace listens on the port (proc(5), net/tcp: states and ports in hexadecimal). */
async function listens(pid: number | undefined): Promise<boolean> {
  const wanted = `:${Number(port).toString(16).toUpperCase().padStart(4, '0')}`;
  const files = ['tcp', 'tcp6'].map((name) => `/proc/${String(pid)}/net/${name}`);
  const texts = await Promise.all(files.map(async (path) => readFile(path, 'utf8').catch(() => '')));
  const lines = texts.flatMap((text) => text.split('\n').map((line) => line.trim().split(/\s+/)));
  return lines.some(([, local = '', , state]) => local.endsWith(wanted) && state === listening);
}
