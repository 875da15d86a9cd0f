import { join } from 'node:path';
import { run } from '../../../base/exec.ts';
import { createSupply } from '../../../cluster/supply/supply.ts';
import type { Context } from '../../context.ts';
import { failoverReport, type FailoverReport } from './failovers.ts';

/** In namespaces of its own, which take everything with them when the process ends, wireguard-go's processes too. */
const inNamespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
const script = `
mount -t tmpfs tmpfs /run
mkdir /run/wireguard
exec "$@"`;

/** As the worker-agent is run (`deploy/manifests/50-agents.yaml`). */
const agentFlags = ['--max-semi-space-size=1'];
const agentEnvironment = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' };

/** Failovers of a worker's dataplane, in a process of its own and on a real kernel, without a cluster. */
export async function runFailovers(
  { root, settings, signal }: Pick<Context, 'root' | 'signal'> & { readonly settings: Pick<Context['settings'], 'cacheDir'> },
  { pods, runs }: { readonly pods: number; readonly runs: number },
): Promise<FailoverReport> {
  const supply = createSupply({ cacheDir: settings.cacheDir, repositoryDir: root, signal });
  const binaries = await supply.ensureBinaries(['wireguard-go']);
  const request = { pods, runs, wireguardGo: binaries['wireguard-go'], machineRoot: await supply.ensureRoot('machine') };
  const program = [
    process.execPath,
    ...agentFlags,
    '--expose-gc',
    join(root, 'src/cmd/failover-cost.ts'),
    JSON.stringify(request),
  ];
  const output = await run('unshare', [...inNamespaces, 'sh', '-euc', script, 'sh', ...program], {
    signal,
    env: agentEnvironment,
  });
  return failoverReport.parse(JSON.parse(output));
}
