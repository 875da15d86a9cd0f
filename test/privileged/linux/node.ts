import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createLogger } from '../../../src/base/log.ts';
import { Secret } from '../../../src/base/secret.ts';
import { describeStep } from '../../../src/dataplane/describe-step.ts';
import { createCommandHost } from '../../support/dataplane/command-host/command-host.ts';
import type { HostFixture } from '../../support/dataplane/host-contract.ts';
import { isDeviceOf, type Host } from '../../../src/dataplane/host.ts';
import { renderTransaction } from '../../../src/dataplane/nft/transaction.ts';
import { contradicts } from '../../../src/dataplane/pod-way.ts';
import { defaultSettings, type DataplaneSettings } from '../../../src/dataplane/settings.ts';
import { createLinuxHost, type LinuxHost } from '../../../src/linux/host/linux-host.ts';
import { kernelHasWireguard } from '../../../src/linux/wireguard/kernel.ts';
import { generatePrivateKey, publicKeyOf } from '../../../src/linux/wireguard/keys.ts';
import { ensureWireguardGo } from '../../../src/linux/wireguard/userspace.ts';
import { createTunnelClient } from '../../../src/tunnel-host/tunnel-client.ts';
import { devicesWith } from '../../../src/tunnel-host/tunnel-files.ts';
import { startTunnelHost } from '../../../src/tunnel-host/tunnel-host.ts';
import { endTunnel } from '../../../src/tunnel-host/tunnel.ts';
import { Namespaces } from './namespaces.ts';

const log = createLogger('test', { level: 'warn' });

/** A node made of namespaces, its kernel, and a tunnel-host where there is no WireGuard in the kernel. */
export interface LinuxNode extends HostFixture {
  readonly host: LinuxHost;
  /** Paths of its namespaces; the one of the gateway may not exist. */
  readonly hostPath: string;
  readonly gatewayPath: string;
  /** Of tunnel-host's files. */
  readonly tunnelDirectory: string;
  /** Another process' view of the same node: it has applied nothing yet. */
  openHost(): LinuxHost;
  /** The same node by commands. */
  openCommandHost(): Host;
}

interface NodeOptions {
  /** Default: where the kernel has WireGuard, as the product decides. */
  readonly usesKernelWireguard?: boolean;
}

/** `binary`: wireguard-go. */
export function openNode(binary: string, { usesKernelWireguard = kernelHasWireguard() }: NodeOptions = {}): LinuxNode {
  const namespaces = new Namespaces();
  const hostPath = namespaces.create('host');
  const gatewayPath = join(namespaces.directory, 'segw');
  const tunnelDirectory = join(namespaces.directory, 'tunnels');
  const privateKey = generatePrivateKey();
  const publicKey = publicKeyOf(privateKey);
  const tunnel = { directory: tunnelDirectory, log, start: startIn(hostPath, binary) };
  const tunnelHost = startTunnelHost(tunnel);
  const hosts: LinuxHost[] = [];
  const pathOf = (name: string) => join(namespaces.directory, name);
  const tunnels = usesKernelWireguard ? {} : { tunnels: createTunnelClient({ directory: tunnelDirectory }) };
  const openHost = () => {
    const host = createLinuxHost({
      dataplane: { contradicts, describeStep, isDeviceOf, renderTransaction },
      namespacePath: pathOf,
      privateKeys: (key) => (key === publicKey ? privateKey : undefined),
      kickMark: defaultSettings.kickMark,
      ...tunnels,
    });
    hosts.push(host);
    return host;
  };
  return {
    host: openHost(),
    openHost,
    openCommandHost: () =>
      createCommandHost({ pathOf, privateKey, publicKeyOf: (key) => publicKeyOf(new Secret(key)), ...tunnels }),
    hostPath,
    gatewayPath,
    tunnelDirectory,
    settings: uniqueSettings(),
    publicKey,
    async close() {
      await tunnelHost.stop();
      const devices = [...(await devicesWith(tunnelDirectory, '.want')), ...(await devicesWith(tunnelDirectory, '.pid'))];
      for (const device of devices) await endTunnel(device, tunnel);
      for (const host of hosts) host.close();
      namespaces.remove();
    },
  };
}

/** wireguard-go's sockets lie in one directory for the whole machine, so each node has device names of its own. */
function uniqueSettings(): DataplaneSettings {
  const id = randomBytes(4).toString('hex');
  return { ...defaultSettings, workerDevicePrefix: `t${id}w`, gatewayDevice: `t${id}g` };
}

function startIn(netns: string, binary: string) {
  return (name: string) => ensureWireguardGo({ binary, name, netns });
}
