import { egressWorkerKind, type EgressWorker } from '../../src/api/egress-worker.ts';
import { gatewayStatusKind, type GatewayState, type GatewayStatus } from '../../src/api/gateway-status.ts';
import { gatewayVmConfigurationKind, type GatewayVmConfiguration } from '../../src/api/gateway-vm-configuration.ts';
import { kinds } from '../../src/api/kinds.ts';
import { labels, systemNamespace } from '../../src/api/names.ts';
import {
  staticGatewayConfigurationKind,
  type StaticGatewayConfiguration,
  type StaticGatewayConfigurationSpec,
} from '../../src/api/static-gateway-configuration.ts';
import { createLogger } from '../../src/base/log.ts';
import { pollUntil } from '../../src/base/poll.ts';
import type { CloudWorld } from '../../src/cloud/cloud-provider.contract.ts';
import type { CloudProvider, GatewayInstance } from '../../src/cloud/cloud-provider.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { findCondition } from '../../src/kube/conditions.ts';
import { nodeKind } from '../../src/operator/cluster-kinds.ts';
import { startOperator, type Operator } from '../../src/operator/operator.ts';
import { installKinds, namespaceKind, startApiServer, type ApiServer } from './api-server.ts';

/** The operator on a real API server and a cloud of the test's choice. The test plays users, nodes and agents. */
export interface OperatorWorld<Cloud extends CloudWorld> {
  readonly server: ApiServer;
  readonly client: KubeClient;
  readonly cloud: Cloud;
  startOperator(identity?: string, provider?: CloudProvider): Promise<Operator>;
  /** Stops every operator of this world. */
  stopOperators(): Promise<void>;
  createConfiguration(name: string, spec: Partial<StaticGatewayConfigurationSpec>): Promise<StaticGatewayConfiguration>;
  deleteConfiguration(name: string): Promise<void>;
  findConfiguration(name: string): Promise<StaticGatewayConfiguration | undefined>;
  /** Waits until a condition has this reason; the answer is the object. */
  untilCondition(name: string, type: ConditionType, reason: string): Promise<StaticGatewayConfiguration>;
  untilGone(name: string): Promise<void>;
  /** A node joins the cluster, as a gateway of a pool or as a worker. */
  joinGateway(name: string): Promise<void>;
  joinWorker(name: string): Promise<void>;
  removeNode(name: string): Promise<void>;
  /** A pool whose nodes have joined. */
  addPool(name: string, capacity: number): Promise<void>;
  /** The gateway-agent of each node of the pool has programmed what there is for it. */
  acknowledge(pool: string, state?: GatewayState): Promise<void>;
  gatewayStatuses(): Promise<readonly GatewayStatus[]>;
  findWorker(name: string): Promise<EgressWorker | undefined>;
  /** The worker-agent says which configurations its pods use. */
  reportWanted(worker: string, wanted: Readonly<Record<string, number>>): Promise<void>;
  close(): Promise<void>;
}

type ConditionType = 'Ready' | 'Accepted' | 'CloudReady' | 'GatewaysReady';

export const testNamespace = 'default';
const publicKey = `${'A'.repeat(43)}=`;
const limit = { timeoutMs: 15_000, intervalMs: 25 };
const fieldManager = 'test-agent';

/** The world closes the cloud. */
export async function openOperatorWorld<Cloud extends CloudWorld>(cloud: Cloud): Promise<OperatorWorld<Cloud>> {
  const server = await startApiServer();
  await installKinds(server.client, kinds);
  await server.client.create(namespaceKind, { metadata: { name: systemNamespace } });
  return new World(server, cloud);
}

class World<Cloud extends CloudWorld> implements OperatorWorld<Cloud> {
  readonly server: ApiServer;
  readonly client: KubeClient;
  readonly cloud: Cloud;
  readonly #operators: Operator[] = [];

  constructor(server: ApiServer, cloud: Cloud) {
    this.server = server;
    this.cloud = cloud;
    this.client = server.client;
  }

  async startOperator(identity = 'operator-0', provider = this.cloud.provider): Promise<Operator> {
    const operator = await startOperator({
      client: this.server.connect(),
      provider,
      identity,
      log: createLogger('operator', { level: 'silent' }),
      timing: { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 200 },
      recheckWithinMs: 1500,
    });
    this.#operators.push(operator);
    return operator;
  }

  async stopOperators(): Promise<void> {
    await Promise.all(this.#operators.splice(0).map((operator) => operator.stop()));
  }

  async createConfiguration(name: string, spec: Partial<StaticGatewayConfigurationSpec>): Promise<StaticGatewayConfiguration> {
    const complete = { provisionPublicIps: true, defaultRoute: 'staticEgressGateway', ...spec } as const;
    const metadata = { name, namespace: testNamespace };
    return await this.client.create<StaticGatewayConfiguration>(staticGatewayConfigurationKind, { metadata, spec: complete });
  }

  async deleteConfiguration(name: string): Promise<void> {
    await this.client.delete(staticGatewayConfigurationKind, { namespace: testNamespace, name });
  }

  async findConfiguration(name: string): Promise<StaticGatewayConfiguration | undefined> {
    const key = { namespace: testNamespace, name };
    return await this.client.find<StaticGatewayConfiguration>(staticGatewayConfigurationKind, key);
  }

  async untilCondition(name: string, type: ConditionType, reason: string): Promise<StaticGatewayConfiguration> {
    return await pollUntil(
      `${type} of ${name} is ${reason}`,
      async (note) => {
        const found = await this.findConfiguration(name);
        note(JSON.stringify(found?.status?.conditions?.map((one) => [one.type, one.reason, one.message])));
        return findCondition(found?.status?.conditions, type)?.reason === reason ? found : undefined;
      },
      limit,
    );
  }

  async untilGone(name: string): Promise<void> {
    await pollUntil(
      `${name} is gone`,
      async (note) => {
        const found = await this.findConfiguration(name);
        note(JSON.stringify(found?.status?.conditions?.[0]));
        return found === undefined ? true : undefined;
      },
      limit,
    );
  }

  async joinGateway(name: string): Promise<void> {
    await this.#join(name, { [labels.aksMode]: 'Gateway' });
  }

  async joinWorker(name: string): Promise<void> {
    await this.#join(name, {});
  }

  async removeNode(name: string): Promise<void> {
    await this.client.delete(nodeKind, { name });
  }

  async addPool(name: string, capacity: number): Promise<void> {
    await this.cloud.addPool(name, capacity);
    for (const { nodeName } of await this.#instancesOf(name)) await this.joinGateway(nodeName);
  }

  async acknowledge(pool: string, state: GatewayState = 'Ready'): Promise<void> {
    const { items } = await this.client.list<GatewayVmConfiguration>(gatewayVmConfigurationKind);
    for (const { nodeName, primaryAddress = '' } of await this.#instancesOf(pool)) {
      const key = { namespace: systemNamespace, name: nodeName };
      await pollUntil(`GatewayStatus ${nodeName}`, () => this.client.find<GatewayStatus>(gatewayStatusKind, key), limit);
      const configurations = items.flatMap(({ metadata, status }) =>
        (status?.gatewayVmProfiles ?? [])
          .filter((profile) => profile.nodeName === nodeName)
          .map(({ secondaryAddress }) => ({
            namespace: metadata.namespace ?? '',
            name: metadata.name,
            uid: status?.configurationUid ?? '',
            generation: status?.configurationGeneration ?? 0,
            secondaryAddress,
          })),
      );
      const status = { publicKey, endpoint: `${primaryAddress}:6000`, state, configurations };
      const object = { metadata: key, status };
      await this.client.apply<GatewayStatus>(gatewayStatusKind, object, { fieldManager, subresource: 'status' });
    }
  }

  async gatewayStatuses(): Promise<readonly GatewayStatus[]> {
    const { items } = await this.client.list<GatewayStatus>(gatewayStatusKind, { namespace: systemNamespace });
    return items;
  }

  async findWorker(name: string): Promise<EgressWorker | undefined> {
    return await this.client.find<EgressWorker>(egressWorkerKind, { namespace: systemNamespace, name });
  }

  async reportWanted(worker: string, wanted: Readonly<Record<string, number>>): Promise<void> {
    const metadata = { namespace: systemNamespace, name: worker };
    await pollUntil(`EgressWorker ${worker}`, () => this.findWorker(worker), limit);
    const status = { wanted: Object.entries(wanted).map(([name, pods]) => ({ namespace: testNamespace, name, pods })) };
    const options = { fieldManager, subresource: 'status' } as const;
    await this.client.apply<EgressWorker>(egressWorkerKind, { metadata, status }, options);
  }

  async close(): Promise<void> {
    await this.stopOperators();
    await this.server.stop();
    await this.cloud.close();
  }

  async #instancesOf(nodepoolName: string): Promise<readonly GatewayInstance[]> {
    const call = { signal: AbortSignal.timeout(limit.timeoutMs) };
    const pool = await this.cloud.provider.readPool({ by: 'nodepoolName', nodepoolName }, call);
    return pool?.instances ?? [];
  }

  async #join(name: string, extra: Readonly<Record<string, string>>): Promise<void> {
    await this.client.create(nodeKind, { metadata: { name, labels: { 'kubernetes.io/os': 'linux', ...extra } } });
  }
}
