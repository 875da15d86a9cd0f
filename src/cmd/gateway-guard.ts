import { messageOf } from '../base/error.ts';
import { startHealthServer } from '../base/health-server.ts';
import { createLogger } from '../base/log.ts';
import { parseConfig, type GatewayGuardConfig } from '../gateway-guard/config.ts';
import { startGatewayGuard } from '../gateway-guard/gateway-guard.ts';
import { KubeClient } from '../kube/client.ts';
import { connectByServiceAccount } from '../kube/service-account.ts';
import { untilAskedToEnd } from './termination.ts';

const noMetrics = { contentType: 'text/plain', metrics: () => Promise.resolve('') };

async function main({ logLevel, nodeName, apiServer, healthPort, limitMs }: GatewayGuardConfig): Promise<void> {
  const log = createLogger('gateway-guard', { level: logLevel });
  const connection = connectByServiceAccount({ ...apiServer, userAgent: 'segw-gateway-guard' });
  const guard = startGatewayGuard({ client: new KubeClient(connection), nodeName, log });
  const health = await startHealthServer({ port: healthPort, metrics: noMetrics, whyNotReady: () => guard.whyNotReady() });
  log.info({ node: nodeName }, 'gateway-guard started');
  log.info({ signal: await untilAskedToEnd(), limitMs }, 'the guard is asked to go');
  log.info({ outcome: await guard.release(limitMs) }, 'gateway-guard stops');
  await Promise.all([guard.stop(), health.stop()]);
  await connection.close();
}

try {
  await main(parseConfig({ argv: process.argv.slice(2), env: process.env }));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  // Connections and timers would keep a process alive that does nothing.
  process.exit(1);
}
