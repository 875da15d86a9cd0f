import { join } from 'node:path';
import type { KeyPair } from '../base/key-file.ts';
import { describeStep } from '../dataplane/describe-step.ts';
import { hostNamespace } from '../dataplane/host-state.ts';
import { isDeviceOf } from '../dataplane/host.ts';
import { renderTransaction } from '../dataplane/nft/transaction.ts';
import { contradicts } from '../dataplane/pod-way.ts';
import { defaultSettings } from '../dataplane/settings.ts';
import type { GatewayAgentConfig } from '../gateway-agent/config.ts';
import { createLinuxHost } from '../linux/host/linux-host.ts';
import { kernelHasWireguard } from '../linux/wireguard/kernel.ts';
import { createTunnelClient } from '../tunnel-host/tunnel-client.ts';

/** The kernel of a gateway node, and where its two network namespaces are kept; `inside`: the gateway's own. */
export function openGatewayHost(config: GatewayAgentConfig, key: KeyPair) {
  const { namespaceDirectory, tunnelDirectory: directory, wireguard } = config;
  const { kickMark, namespace } = defaultSettings;
  const isInKernel = wireguard === 'kernel' || (wireguard === 'auto' && kernelHasWireguard());
  const inside = join(namespaceDirectory, namespace);
  const paths = { [hostNamespace]: '/proc/self/ns/net', [namespace]: inside };
  const host = createLinuxHost({
    dataplane: { contradicts, describeStep, isDeviceOf, renderTransaction },
    namespacePath: (name) => paths[name] ?? join(namespaceDirectory, name),
    privateKeys: (publicKey) => (publicKey === key.publicKey ? key.privateKey : undefined),
    kickMark,
    ...(isInKernel ? {} : { tunnels: createTunnelClient({ directory }) }),
  });
  return { host, paths, inside, isInKernel };
}
