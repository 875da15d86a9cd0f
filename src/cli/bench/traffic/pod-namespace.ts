import { readdir, readFile } from 'node:fs/promises';
import { SegwError } from '../../../base/error.ts';

/**
 * The path of a pod's network namespace as this host sees it: that of any process in the pod's cgroup. Throws `NotFound` when none runs.
 * A cgroup is named after the pod's uid, with `_` for `-` where systemd names it.
 */
export async function podNamespacePath(uid: string): Promise<string> {
  const names = [`pod${uid}`, `pod${uid.replaceAll('-', '_')}`];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    if (names.some((name) => cgroup.includes(name))) return `/proc/${pid}/ns/net`;
  }
  throw new SegwError('NotFound', `no process of the pod with uid ${uid} runs on this host`);
}
