import { messageOf } from '../base/error.ts';
import { startHealthServer } from '../base/health-server.ts';
import { ensureKeyPair, keyFileOf, type KeyPair } from '../base/key-file.ts';
import { createLogger } from '../base/log.ts';
import { describeStep } from '../dataplane/describe-step.ts';
import { hostNamespace } from '../dataplane/host-state.ts';
import { isDeviceOf } from '../dataplane/host.ts';
import { renderTransaction } from '../dataplane/nft/transaction.ts';
import { contradicts } from '../dataplane/pod-way.ts';
import { defaultSettings } from '../dataplane/settings.ts';
import { KubeClient } from '../kube/client.ts';
import { connectByServiceAccount } from '../kube/service-account.ts';
import { openDeviceSocket } from '../linux/bound-socket.ts';
import { createLinuxHost, type LinuxHost } from '../linux/host/linux-host.ts';
import { watchNetwork } from '../linux/netlink/notifications.ts';
import { listMarkedSources } from '../linux/pod-flows.ts';
import { raiseThreadPriority } from '../linux/thread-priority.ts';
import { kernelHasWireguard } from '../linux/wireguard/kernel.ts';
import { generatePrivateKey, publicKeyOf } from '../linux/wireguard/keys.ts';
import { createTunnelClient } from '../tunnel-host/tunnel-client.ts';
import { startThreadedProber } from '../tunnel-probe/threaded-prober.ts';
import { startWorkerAgent } from '../worker-agent/agent.ts';
import { parseConfig, stateFiles, type WorkerAgentConfig } from '../worker-agent/config.ts';
import { procPodLinks } from '../worker-agent/proc-pod-links.ts';
import { readUplinkMtu } from '../worker-agent/uplink.ts';
import { threadProgram } from './thread-program.ts';

async function main(config: WorkerAgentConfig): Promise<void> {
  const log = createLogger('worker-agent', { level: config.logLevel });
  const { key: keyPath } = stateFiles(config);
  const keys = await ensureKeyPair(keyPath, { generate: generatePrivateKey, publicKeyOf });
  const connection = connectByServiceAccount({ ...config.apiServer, userAgent: 'segw-worker-agent' });
  const host = createHost(config, keys);
  const agent = await startWorkerAgent({
    config,
    client: new KubeClient(connection),
    host,
    links: procPodLinks,
    flows: { usingGateways: (addresses) => listMarkedSources(addresses, defaultSettings.markMask) },
    watchKernel: watchNetwork,
    startProber: (observer) =>
      startThreadedProber({
        ...keys,
        thread: threadProgram('prober-thread'),
        raisePriority: (thread) => raiseThreadPriority(thread, config.cpuGroup),
        openTunnelSocket: openDeviceSocket,
        observer,
        log,
      }),
    publicKey: keys.publicKey,
    keyFile: keyFileOf(keyPath, keys),
    uplinkMtu: await readUplinkMtu(config.nodeAddress),
    log,
  });
  const wireguard = kernelHasWireguard() ? 'kernel' : 'wireguard-go';
  agent.metrics.wireguardKind(wireguard);
  const { registry } = agent.metrics;
  const whyNotReady = () => agent.whyNotReady();
  const health = await startHealthServer({ address: '127.0.0.1', port: config.healthPort, whyNotReady, metrics: registry });
  log.info({ node: config.nodeName, publicKey: keys.publicKey, wireguard, version: process.version }, 'worker-agent started');
  const { promise: asked, resolve } = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, resolve);
  log.info({ signal: await asked }, 'worker-agent stops');
  await agent.stop();
  await health.stop();
  await connection.close();
  host.close();
}

function createHost({ tunnelDirectory }: WorkerAgentConfig, { privateKey, publicKey }: KeyPair): LinuxHost {
  return createLinuxHost({
    dataplane: { contradicts, describeStep, isDeviceOf, renderTransaction },
    namespacePath: (name) => (name === hostNamespace ? '/proc/self/ns/net' : `/run/netns/${name}`),
    privateKeys: (wanted) => (wanted === publicKey ? privateKey : undefined),
    kickMark: defaultSettings.kickMark,
    ...(kernelHasWireguard() ? {} : { tunnels: createTunnelClient({ directory: tunnelDirectory }) }),
  });
}

try {
  await main(parseConfig({ argv: process.argv.slice(2), env: process.env }));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  // Connections and timers would keep a process alive that does nothing.
  process.exit(1);
}
