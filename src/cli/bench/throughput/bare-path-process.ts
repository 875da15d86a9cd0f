import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { SegwError } from '../../../base/error.ts';
import { createSupply } from '../../../cluster/supply/supply.ts';
import type { Context } from '../../context.ts';
import { barePath } from './bare-path.ts';

interface NodePlace {
  readonly nodeAddress: string;
  /** Path of its network namespace. */
  readonly netns: string;
}

/** For `src/cmd/bare-path.ts`. */
export interface BarePathRequest {
  readonly worker: NodePlace;
  readonly gateway: NodePlace;
  /** Where the worker's client goes. */
  readonly target: string;
  /** For namespaces and sockets, in the mount namespace of the process. */
  readonly folder: string;
  readonly wireguardGo: string;
  readonly machineRoot: string;
}

export interface BarePath {
  /** Paths of network namespaces, as this host sees them. */
  readonly client: string;
  readonly egress: string;
  stop(): Promise<void>;
}

const folder = '/run/segw-bare-path';
/** Sockets and namespaces are seen by this process alone, and go with it. */
const script = `
mount -t tmpfs tmpfs /run
mkdir -p /run/wireguard ${folder}/worker ${folder}/gateway
exec "$@"`;

/** A tunnel between two nodes with all hops of the dataplane and none of its rules. Throws `CommandFailed` when it cannot be made. */
export async function startBarePath(
  { root, settings, signal }: Context,
  places: Pick<BarePathRequest, 'worker' | 'gateway' | 'target'>,
): Promise<BarePath> {
  const supply = createSupply({ cacheDir: settings.cacheDir, repositoryDir: root, signal });
  const { 'wireguard-go': wireguardGo } = await supply.ensureBinaries(['wireguard-go']);
  const request: BarePathRequest = { ...places, folder, wireguardGo, machineRoot: await supply.ensureRoot('machine') };
  const program = [process.execPath, join(root, 'src/cmd/bare-path.ts'), JSON.stringify(request)];
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-euc', script, 'sh', ...program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const isReady = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!isReady) throw new SegwError('CommandFailed', 'the bare path between two nodes could not be made');
  const seen = `/proc/${String(child.pid)}/root${folder}`;
  return {
    client: join(seen, barePath.clientNamespace),
    egress: join(seen, barePath.egressNamespace),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
