/** Makes the bare path between two nodes, says `ready`, and takes it away when standard input ends. For the throughput benchmark. */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createLogger } from '../base/log.ts';
import { bareGateway, bareWorker } from '../cli/bench/throughput/bare-path.ts';
import type { BarePathRequest } from '../cli/bench/throughput/bare-path-process.ts';
import { describeStep } from '../dataplane/describe-step.ts';
import { diff } from '../dataplane/diff/diff.ts';
import { emptyNamespace, hostNamespace, type HostState } from '../dataplane/host-state.ts';
import { isDeviceOf } from '../dataplane/host.ts';
import { renderTransaction } from '../dataplane/nft/transaction.ts';
import { contradicts } from '../dataplane/pod-way.ts';
import { defaultSettings } from '../dataplane/settings.ts';
import { createLinuxHost } from '../linux/host/linux-host.ts';
import { kernelHasWireguard } from '../linux/wireguard/kernel.ts';
import { generatePrivateKey, publicKeyOf } from '../linux/wireguard/keys.ts';
import { ensureWireguardGo } from '../linux/wireguard/userspace.ts';
import { libnftables } from '../region/machines/toolbox.ts';
import { createTunnelClient } from '../tunnel-host/tunnel-client.ts';
import { startTunnelHost } from '../tunnel-host/tunnel-host.ts';

const nothing: HostState = { namespaces: [emptyNamespace(hostNamespace)] };
const request: BarePathRequest = JSON.parse(process.argv[2] ?? '');
const log = createLogger('bare-path', { level: 'warn' });
const keys = [generatePrivateKey(), generatePrivateKey()] as const;
const worker = { ...request.worker, publicKey: publicKeyOf(keys[0]) };
const gateway = { ...request.gateway, publicKey: publicKeyOf(keys[1]) };

const onWorker = { node: 'worker', netns: worker.netns, state: bareWorker(worker, gateway, request.target) };
const onGateway = { node: 'gateway', netns: gateway.netns, state: bareGateway(worker, gateway) };

const undo = [await build(onWorker), await build(onGateway)];
process.stdout.write('ready\n');
await text(process.stdin);
for (const remove of undo) await remove();
process.exit(0);

interface Side {
  readonly node: string;
  readonly netns: string;
  readonly state: HostState;
}

async function build({ node, netns, state }: Side): Promise<() => Promise<void>> {
  const directory = join(request.folder, node);
  const start = async (name: string): Promise<number | undefined> =>
    ensureWireguardGo({ binary: request.wireguardGo, name, netns });
  startTunnelHost({ directory, log, start });
  const host = createLinuxHost({
    dataplane: { contradicts, describeStep, isDeviceOf, renderTransaction },
    namespacePath: (name) => (name === hostNamespace ? netns : join(request.folder, name)),
    privateKeys: (wanted) => keys.find((key) => publicKeyOf(key) === wanted),
    kickMark: defaultSettings.kickMark,
    nftablesLibrary: libnftables(request.machineRoot),
    ...(kernelHasWireguard() ? {} : { tunnels: createTunnelClient({ directory }) }),
  });
  for (const step of diff(nothing, state)) await host.apply(step);
  return async () => {
    for (const step of diff(state, nothing)) await host.apply(step);
  };
}
