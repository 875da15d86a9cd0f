import { join } from 'node:path';
import type { Logger } from '../base/log.ts';
import type { GatewayAgentConfig } from '../gateway-agent/config.ts';
import { openReasonsFile } from '../gateway-agent/drain-reasons.ts';
import type { DrainPlan } from '../gateway-agent/gateway-drain.ts';
import { createMetadataService } from '../gateway-agent/metadata-service.ts';
import { listTranslatedFlows } from '../linux/translated-flows.ts';

/** How a gateway drains that translates in the network namespace kept at `namespacePath`. */
export async function planDrain(config: GatewayAgentConfig, namespacePath: string, log: Logger): Promise<DrainPlan> {
  const { idleMs, metadataUrl, maintenanceWaitMs, runDirectory } = config;
  const store = openReasonsFile(join(runDirectory, 'drain.json'), log);
  return {
    flows: { list: () => listTranslatedFlows(namespacePath) },
    idleMs,
    metadata: metadataUrl === undefined ? undefined : createMetadataService(metadataUrl),
    maintenanceWaitMs,
    store,
    remembered: await store.read(),
  };
}
