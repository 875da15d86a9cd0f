import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../base/error.ts';
import { startHealthServer } from '../base/health-server.ts';
import { ensureKeyPair, keyFileOf } from '../base/key-file.ts';
import { createLogger } from '../base/log.ts';
import { defaultSettings } from '../dataplane/settings.ts';
import { parseConfig, type GatewayAgentConfig } from '../gateway-agent/config.ts';
import { startGatewayAgent } from '../gateway-agent/gateway-agent.ts';
import { createGatewayAgentMetrics } from '../gateway-agent/metrics.ts';
import { keepWithKey, openProgrammeFile } from '../gateway-agent/programme-file.ts';
import { KubeClient } from '../kube/client.ts';
import { connectByServiceAccount } from '../kube/service-account.ts';
import { watchNamespaces } from '../linux/namespaces-watch.ts';
import { openRouteSocket } from '../linux/netlink/socket.ts';
import { raiseThreadPriority } from '../linux/thread-priority.ts';
import { createTunnelEnd } from '../linux/tunnel-end.ts';
import { findUplink } from '../linux/uplink.ts';
import { generatePrivateKey, publicKeyOf } from '../linux/wireguard/keys.ts';
import { startThreadedResponder } from '../tunnel-probe/threaded-responder.ts';
import { planDrain } from './gateway-drain-plan.ts';
import { openGatewayHost } from './gateway-host.ts';
import { untilAskedToEnd } from './termination.ts';
import { threadProgram } from './thread-program.ts';

const removalLimitMs = 20_000;

async function main(config: GatewayAgentConfig): Promise<void> {
  const { nodeAddress: address } = config;
  const { probePort } = defaultSettings;
  const log = createLogger('gateway-agent', { level: config.logLevel });
  const keyMaker = { generate: generatePrivateKey, publicKeyOf };
  const keyPath = join(config.stateDirectory, 'gateway.key');
  const key = await ensureKeyPair(keyPath, keyMaker);
  const { host, paths, inside, isInKernel } = openGatewayHost(config, key);
  const socket = openRouteSocket();
  const connection = connectByServiceAccount({ ...config.apiServer, userAgent: 'segw-gateway-agent' });
  const programmeFile = openProgrammeFile(join(config.runDirectory, 'gateway.json'), log);
  const metrics = createGatewayAgentMetrics();
  metrics.wireguardKind(isInKernel ? 'kernel' : 'wireguard-go');
  const responder = await startThreadedResponder({
    thread: threadProgram('responder-thread'),
    privateKey: key.privateKey,
    address,
    port: probePort,
    tunnelEnd: createTunnelEnd(inside, probePort),
    raisePriority: (thread) => raiseThreadPriority(thread, config.cpuGroup),
    onPriority: (priority) => metrics.threadPriority(priority),
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
    drain: await planDrain(config, inside, log),
    onPass: (...pass) => {
      metrics.onPass(...pass);
      responder.refresh();
    },
    log,
  });
  const whyNotReady = () => agent.whyNotReady();
  const health = await startHealthServer({
    address: '127.0.0.1',
    port: config.healthPort,
    metrics: metrics.registry,
    whyNotReady,
  });
  log.info({ publicKey: key.publicKey, isInKernel }, 'gateway-agent started');
  log.info({ signal: await untilAskedToEnd() }, 'gateway-agent stops');
  // Where the kernel stays as it is nothing drains: workers take refused probes for a restart of the agent (ADR 10).
  if (config.removeOnExit) {
    agent.announceRemoval();
    await sleep(config.drainMs);
    await agent.remove(removalLimitMs);
  }
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
