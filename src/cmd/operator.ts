import { readFile } from 'node:fs/promises';
import { messageOf } from '../base/error.ts';
import { startHealthServer } from '../base/health-server.ts';
import { createLogger } from '../base/log.ts';
import { createAzureProvider } from '../cloud/azure/azure-provider.ts';
import { createAzureClients, createWorkloadCredential } from '../cloud/azure/clients.ts';
import { KubeClient } from '../kube/client.ts';
import { connectByServiceAccount } from '../kube/service-account.ts';
import { parseConfig, type OperatorConfig } from '../operator/config.ts';
import { createOperatorMetrics } from '../operator/metrics.ts';
import { startOperator } from '../operator/operator.ts';

async function main(config: OperatorConfig): Promise<void> {
  const log = createLogger('operator', { level: config.logLevel });
  const authoritiesPem = config.caFile === undefined ? undefined : await readFile(config.caFile, 'utf8');
  const azure = { ...config.azure, authoritiesPem };
  const clients = createAzureClients(azure, createWorkloadCredential(config.workloadIdentity, azure));
  const connection = connectByServiceAccount({ ...config.apiServer, userAgent: 'segw-operator' });
  const metrics = createOperatorMetrics();
  const operator = await startOperator({
    client: new KubeClient(connection),
    provider: createAzureProvider(clients, azure),
    identity: config.identity,
    byoPrefixes: config.byoPrefixes,
    log,
    onReconciled: metrics.onReconciled,
  });
  metrics.observeLeadership(() => operator.isLeading());
  const health = await startHealthServer({
    port: config.healthPort,
    metrics: metrics.registry,
    whyNotReady: () => undefined,
  });
  log.info({ version: process.version, azure: config.azure }, 'operator started');
  const { promise: asked, resolve } = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, resolve);
  const signal = await asked;
  log.info({ signal }, 'operator stops');
  await operator.stop();
  await health.stop();
  await connection.close();
}

try {
  await main(parseConfig({ argv: process.argv.slice(2), env: process.env }));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  // Connections and timers would keep a process alive that does nothing.
  process.exit(1);
}
