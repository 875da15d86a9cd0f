import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { run } from '../../src/base/exec.ts';

/** What an installation must not change on the host, and must not leave behind. */
export interface HostSnapshot {
  readonly links: readonly string[];
  readonly rules: readonly string[];
  readonly routes: readonly string[];
  readonly sysctls: readonly string[];
  /** Mounts, cgroups and processes that belong to the installation. */
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  readonly processes: readonly string[];
}

/** Sysctls that are the whole kernel's or the host's network's, and that programs of Kubernetes like to set. */
const watchedSysctls = [
  'net/ipv4/ip_forward',
  'net/ipv4/conf/all/rp_filter',
  'net/ipv4/conf/all/send_redirects',
  'net/ipv4/conf/default/rp_filter',
  'net/ipv6/conf/all/forwarding',
  'net/ipv6/conf/all/disable_ipv6',
  'net/netfilter/nf_conntrack_max',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
] as const;

/** `marks`: texts by which mounts, cgroups and processes of the installation are known (state folder, `segw-<installation>`). */
export async function takeHostSnapshot(marks: readonly string[]): Promise<HostSnapshot> {
  const isOurs = (line: string): boolean => marks.some((mark) => line.includes(mark));
  const [links = [], rules = [], routes = []] = await Promise.all(
    [['link'], ['rule'], ['route', 'show', 'table', 'all']].map(async (args) => linesOf(await run('ip', ['-oneline', ...args]))),
  );
  return {
    links: links.map((line) => line.split(':')[1]?.trim() ?? line).sort(),
    rules,
    routes: routes.map((line) => line.replace(/ expires \S+/, '')).sort(),
    sysctls: await Promise.all(watchedSysctls.map(async (name) => `${name} ${await readSysctl(name)}`)),
    mounts: linesOf(await readFile('/proc/self/mounts', 'utf8')).filter(isOurs),
    cgroups: globSync('/sys/fs/cgroup/{*,}/segw-*').filter(isOurs).sort(),
    processes: (await processLines()).filter(isOurs),
  };
}

async function readSysctl(name: string): Promise<string> {
  return (await readFile(`/proc/sys/${name}`, 'utf8').catch(() => 'absent')).trim();
}

/** A process belongs to an installation when its cgroup or its command line says so; this process and its parents do not count. */
async function processLines(): Promise<readonly string[]> {
  const files = globSync('/proc/[0-9]*/cgroup').filter((file) => !file.startsWith(`/proc/${String(process.pid)}/`));
  const lines = await Promise.all(
    files.map(async (file) => {
      const cgroup = await readFile(file, 'utf8').catch(() => '');
      const command = await readFile(file.replace('cgroup', 'cmdline'), 'utf8').catch(() => '');
      return `${command.replaceAll('\0', ' ')} ${cgroup.replaceAll('\n', ' ')}`;
    }),
  );
  return lines.filter((line) => !line.includes('--test') && !line.includes('.test.ts'));
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean);
}
