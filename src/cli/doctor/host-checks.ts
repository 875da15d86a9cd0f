import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, release, totalmem } from 'node:os';
import { isOnPath } from '../../base/exec.ts';
import { readIfExists } from '../../base/files.ts';
import { failure, ok, warning, type Check, type Finding } from './check.ts';
import { checkPorts } from './ports.ts';
import { checkStateFilesystem, nearestFolder } from './state-filesystem.ts';

const gibibyte = 2 ** 30;
const neededMemoryGiB = 6;
const neededDiskGiB = 12;
/** inotify instances of a node's programs and agents, with its share of the control plane's. */
const watchersPerNode = 18;
const roomyWatchers = 1024;
const neededFilesystems = ['overlay', 'tmpfs', 'proc', 'sysfs'] as const;
const neededPrograms = ['unshare', 'nsenter', 'mount', 'tar', 'flock'] as const;

/** What the machine under the local region must have. None of them needs a running region. */
export const hostChecks: readonly Check[] = [
  {
    name: 'root',
    look: ({ userId }) =>
      userId === 0
        ? ok('running as root')
        : failure(
            'not root: machines are namespaces, mounts and cgroups, which only root may make',
            'Run segw as root, for example with sudo.',
          ),
  },
  { name: 'kernel', blocks: 'HostUnsuitable', look: checkKernel },
  { name: 'cgroups', blocks: 'HostUnsuitable', look: checkCgroups },
  { name: 'programs', blocks: 'HostUnsuitable', look: checkPrograms },
  { name: 'packages', look: checkPackageManager },
  {
    name: 'memory',
    look: () => {
      const size = totalmem() / gibibyte;
      const message = `${size.toFixed(1)} GiB of memory, ${String(availableParallelism())} cores`;
      return size >= neededMemoryGiB
        ? ok(message)
        : warning(message, `A cluster of four nodes wants ${String(neededMemoryGiB)} GiB.`);
    },
  },
  { name: 'file-watchers', look: checkFileWatchers },
  { name: 'disk-cache', look: ({ settings }) => checkDisk(settings.cacheDir) },
  { name: 'disk-state', look: ({ settings }) => checkDisk(settings.stateDir) },
  { name: 'state-filesystem', blocks: 'HostUnsuitable', look: checkStateFilesystem },
  { name: 'wireguard', blocks: 'HostUnsuitable', look: checkWireguard },
  { name: 'ports', blocks: 'PortTaken', look: checkPorts },
];

/** The kernel counts them per user, for all machines together; kubelet does not start when there is none left. */
async function checkFileWatchers(): Promise<Finding> {
  const limit = Number(await readFile('/proc/sys/fs/inotify/max_user_instances', 'utf8'));
  const message = `fs.inotify.max_user_instances is ${String(limit)}: enough for ${String(Math.floor(limit / watchersPerNode))} nodes`;
  return limit >= roomyWatchers
    ? ok(message)
    : warning(message, `For more at once: sysctl fs.inotify.max_user_instances=${String(roomyWatchers)}`);
}

async function checkKernel(): Promise<Finding> {
  const known = await readFile('/proc/filesystems', 'utf8');
  const missing = neededFilesystems.filter((name) => !known.includes(`\t${name}\n`));
  if (missing.length === 0) return ok(`Linux ${release()} with ${neededFilesystems.join(', ')}`);
  return failure(
    `the kernel (${release()}) does not know the file system ${missing.join(', ')}`,
    `Run: modprobe ${missing.join(' ')}`,
  );
}

function checkCgroups(): Finding {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return ok('cgroup v2');
  if (existsSync('/sys/fs/cgroup/memory') && existsSync('/sys/fs/cgroup/pids')) return ok('cgroup v1');
  return failure('no cgroup hierarchy at /sys/fs/cgroup', 'Mount cgroup2: mount -t cgroup2 cgroup2 /sys/fs/cgroup');
}

async function checkPrograms(): Promise<Finding> {
  const found = await Promise.all(neededPrograms.map((name) => isOnPath(name)));
  const missing = neededPrograms.filter((_, index) => found[index] !== true);
  return missing.length === 0
    ? ok(`programs found: ${neededPrograms.join(', ')}`)
    : failure(`programs missing: ${missing.join(', ')}`, 'Install the packages util-linux, mount and tar.');
}

async function checkPackageManager(): Promise<Finding> {
  return (await isOnPath('apt-get'))
    ? ok('apt-get fetches the Debian packages of the machines')
    : failure('no apt-get on this machine', 'Use Debian or Ubuntu, or a container or virtual machine with one of them.');
}

async function checkDisk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearestFolder(folder));
  const free = (bavail * bsize) / gibibyte;
  const message = `${free.toFixed(1)} GiB free for ${folder}`;
  return free >= neededDiskGiB
    ? ok(message)
    : warning(message, `The first run writes up to ${String(neededDiskGiB)} GiB (binaries, Go's caches, images).`);
}

async function checkWireguard(): Promise<Finding> {
  const modules = (await readIfExists('/proc/modules')) ?? '';
  if (modules.includes('wireguard ') || existsSync('/sys/module/wireguard')) return ok('the kernel has WireGuard');
  return existsSync('/dev/net/tun')
    ? ok('no WireGuard in the kernel: tunnels run in wireguard-go')
    : failure('neither WireGuard in the kernel nor /dev/net/tun for wireguard-go', 'Run: modprobe wireguard (or modprobe tun).');
}
