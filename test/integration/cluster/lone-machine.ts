import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LoopbackForwards } from '../../../src/cluster/loopback-forwards.ts';
import type { MachineContent } from '../../../src/cluster/machine-content.ts';

interface LoneMachineOptions {
  readonly address: string;
  readonly content: MachineContent;
  /** Folder of the host with the Kubernetes binaries. */
  readonly binaries: string;
  /** The root that is the machine's disk below `content`. */
  readonly root: string;
}

export interface LoneMachine {
  readonly forwards: LoopbackForwards;
  stop(): Promise<void>;
}

/**
 * A machine without a network around it: one process tree in namespaces of its own, whose disk is a tmpfs, so that all of it goes
 * with the first process. Its API port is reached through a socket file.
 */
export async function startLoneMachine({ address, content, binaries, root }: LoneMachineOptions): Promise<LoneMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'segw-lone-machine-'));
  await writeDisk(join(folder, 'disk'), content);
  await mkdir(join(folder, 'share'));
  await writeFile(join(folder, 'share', 'bridge.mjs'), bridgeProgram);
  await writeFile(join(folder, 'boot'), bootScript(content), { mode: 0o755 });
  const args = ['--net', '--mount', '--pid', '--uts', '--fork', '--kill-child', '--propagation', 'private'];
  const child = spawn('unshare', [...args, join(folder, 'boot'), folder, root, binaries, address, process.execPath], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const servers = new Map<number, Server>();
  return {
    forwards: bridgeForwards(join(folder, 'share', 'bridge.socket'), servers),
    async stop() {
      for (const server of servers.values()) server.close();
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeDisk(disk: string, { files }: MachineContent): Promise<void> {
  for (const { path, content, mode = 0o644 } of files) {
    await mkdir(dirname(join(disk, path)), { recursive: true });
    await writeFile(join(disk, path), content, { mode });
  }
}

function bridgeForwards(socket: string, servers: Map<number, Server>): LoopbackForwards {
  return {
    async open({ port }) {
      if (servers.has(port)) return;
      const server = createServer((client) => {
        const target = connect(socket);
        client.pipe(target).on('error', () => client.destroy());
        target.pipe(client).on('error', () => target.destroy());
      });
      servers.set(port, server);
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async close(port) {
      servers.get(port)?.close();
      servers.delete(port);
    },
  };
}

/** Arguments: folder, root, binaries, address, node. Services start at once and are restarted a second after they end. */
function bootScript({ services }: MachineContent): string {
  const kept = services.map(({ name, command }) => `keep ${name} ${command.map((word) => `'${word}'`).join(' ')}`);
  return `#!/bin/sh
set -e
ip link set lo up
ip addr add "$4/16" dev lo
mkdir "$1/tmpfs"; mount -t tmpfs tmpfs "$1/tmpfs"; cd "$1/tmpfs"; mkdir work root; cp -a "$1/disk" upper
mount -t overlay overlay -o "lowerdir=$2,upperdir=upper,workdir=work" root
mkdir -p root/opt/segw/bin root/share root/proc root/dev root/tmp root/var/lib
mount --bind "$3" root/opt/segw/bin; mount --bind "$1/share" root/share
mount -t proc proc root/proc; mount --rbind /dev root/dev
"$5" "$1/share/bridge.mjs" "$1/share/bridge.socket" "$4" &
keep() { name=$1; shift; while :; do chroot root "$@" >>"root/share/$name.log" 2>&1 || :; sleep 1; done & }
${kept.join('\n')}
wait
`;
}

const bridgeProgram = `import { connect, createServer } from 'node:net';
const [, , socket, host] = process.argv;
createServer((client) => {
  const target = connect(6443, host);
  client.pipe(target).on('error', () => client.destroy());
  target.pipe(client).on('error', () => target.destroy());
}).listen(socket);
`;
