import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../base/error.ts';
import { startHealthServer } from '../base/health-server.ts';
import { ensureKeyPair, keyFileOf } from '../base/key-file.ts';
import { createLogger } from '../base/log.ts';
import { describeStep } from '../dataplane/describe-step.ts';
import { hostNamespace } from '../dataplane/host-state.ts';
import { isDeviceOf } from '../dataplane/host.ts';
import { renderTransaction } from '../dataplane/nft/transaction.ts';
import { defaultSettings } from '../dataplane/settings.ts';
import { parseConfig, type GatewayAgentConfig } from '../gateway-agent/config.ts';
import { startGatewayAgent } from '../gateway-agent/gateway-agent.ts';
import { createGatewayAgentMetrics } from '../gateway-agent/metrics.ts';
import { keepWithKey, openProgrammeFile } from '../gateway-agent/programme-file.ts';
import { KubeClient } from '../kube/client.ts';
import { connectByServiceAccount } from '../kube/service-account.ts';
import { createLinuxHost } from '../linux/host/linux-host.ts';
import { watchNamespaces } from '../linux/namespaces-watch.ts';
import { openRouteSocket } from '../linux/netlink/socket.ts';
import { raiseThreadPriority } from '../linux/thread-priority.ts';
import { findUplink } from '../linux/uplink.ts';
import { kernelHasWireguard } from '../linux/wireguard/kernel.ts';
import { generatePrivateKey, publicKeyOf } from '../linux/wireguard/keys.ts';
import { createTunnelClient } from '../tunnel-host/tunnel-client.ts';
import { startThreadedResponder } from '../tunnel-probe/threaded-responder.ts';
import { threadProgram } from './thread-program.ts';

const removalLimitMs = 20_000;

async function main(config: GatewayAgentConfig): Promise<void> {
  const { nodeAddress: address, tunnelDirectory: directory, wireguard } = config;
  const { kickMark, namespace, probePort } = defaultSettings;
  const log = createLogger('gateway-agent', { level: config.logLevel });
  const keyMaker = { generate: generatePrivateKey, publicKeyOf };
  const keyPath = join(config.stateDirectory, 'gateway.key');
  const key = await ensureKeyPair(keyPath, keyMaker);
  const isInKernel = wireguard === 'kernel' || (wireguard === 'auto' && kernelHasWireguard());
  const paths = { [hostNamespace]: '/proc/self/ns/net', [namespace]: join(config.namespaceDirectory, namespace) };
  const host = createLinuxHost({
    dataplane: { describeStep, isDeviceOf, renderTransaction },
    namespacePath: (name) => paths[name] ?? join(config.namespaceDirectory, name),
    privateKeys: (publicKey) => (publicKey === key.publicKey ? key.privateKey : undefined),
    kickMark,
    ...(isInKernel ? {} : { tunnels: createTunnelClient({ directory }) }),
  });
  const socket = openRouteSocket();
  const connection = connectByServiceAccount({ ...config.apiServer, userAgent: 'segw-gateway-agent' });
  const programmeFile = openProgrammeFile(join(config.runDirectory, 'gateway.json'), log);
  const { registry, onPass } = createGatewayAgentMetrics();
  const { privateKey } = key;
  const thread = threadProgram('responder-thread');
  const responder = await startThreadedResponder({
    thread,
    privateKey,
    address,
    port: probePort,
    raisePriority: raiseThreadPriority,
    log,
  });
  const agent = startGatewayAgent({
    ...config,
    publicKey: key.publicKey,
    client: new KubeClient(connection),
    host,
    uplink: { find: () => findUplink(socket) },
    watchKernel: (onChanges) => watchNamespaces(paths, onChanges),
    store: keepWithKey(programmeFile, keyFileOf(keyPath, key)),
    remembered: await programmeFile.read(),
    responder,
    onPass,
    log,
  });
  const whyNotReady = () => agent.whyNotReady();
  const health = await startHealthServer({ address: '127.0.0.1', port: config.healthPort, metrics: registry, whyNotReady });
  log.info({ publicKey: key.publicKey, isInKernel }, 'gateway-agent started');
  const { promise: asked, resolve } = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, resolve);
  log.info({ signal: await asked, drainMs: config.drainMs }, 'gateway-agent drains');
  agent.drain();
  await sleep(config.drainMs);
  if (config.removeOnExit) await agent.remove(removalLimitMs);
  await agent.stop();
  await Promise.all([responder.stop(), health.stop(), connection.close()]);
  socket.close();
  host.close();
}

try {
  await main(parseConfig({ argv: process.argv.slice(2), env: process.env }));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  // Connections and timers would keep a process alive that does nothing.
  process.exit(1);
}
