import { createHash } from 'node:crypto';
import type { EgressWorker, EgressWorkerStatus } from '../../../src/api/egress-worker.ts';
import type { GatewayStatus } from '../../../src/api/gateway-status.ts';
import type { GatewayVmConfiguration } from '../../../src/api/gateway-vm-configuration.ts';
import { systemNamespace } from '../../../src/api/names.ts';
import { addressAt, parseCidr } from '../../../src/base/addresses.ts';
import { definedOnly } from '../../../src/base/defined.ts';
import type { GatewayFacts } from '../../../src/gateway-agent/inputs.ts';

/** A WireGuard key, as far as anybody can tell. */
export function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('base64');
}

/** Gateway 3 on node gateway-0, with nothing to do. */
export function factsOf(changes: Partial<GatewayFacts> = {}): GatewayFacts {
  return {
    nodeName: 'gateway-0',
    nodeAddress: '10.224.0.21',
    publicKey: keyOf('gateway'),
    uplink: { name: 'eth0', mtu: 1500 },
    gatewayStatus: ready(3),
    vmConfigurations: [],
    workers: [],
    isRemoving: false,
    ...changes,
  };
}

export function ready(number: number): GatewayStatus {
  return { metadata: { name: 'gateway-0', namespace: systemNamespace, generation: 1 }, spec: { number } };
}

interface ConfigurationChanges {
  readonly uid?: string;
  readonly generation?: number;
  /** The last byte of the default follows the name: `a` has .101. */
  readonly address?: string;
  readonly nodes?: readonly string[];
}

/** The configuration team/`name`, a single letter, with uid `uid-name`. */
export function configurationOf(name: string, changes: ConfigurationChanges = {}): GatewayVmConfiguration {
  const offset = name.charCodeAt(0) - 'a'.charCodeAt(0);
  const { uid = `uid-${name}`, generation = 3, address = `10.224.0.${String(101 + offset)}`, nodes = ['gateway-0'] } = changes;
  return {
    metadata: { name, namespace: 'team' },
    spec: { gatewayNodepoolName: 'pool', provisionPublicIps: true },
    status: {
      configurationUid: uid,
      configurationGeneration: generation,
      gatewayVmProfiles: nodes.map((nodeName) => ({ nodeName, primaryAddress: '10.224.0.21', secondaryAddress: address })),
    },
  };
}

interface WorkerChanges {
  /** Names of configurations; the first has the first label of the block. */
  readonly labels?: readonly string[];
  readonly block?: string;
  readonly created?: string;
  readonly status?: { readonly [Member in keyof EgressWorkerStatus]?: EgressWorkerStatus[Member] | undefined };
}

/** Worker `index` with the block 100.64.(4 index).0/22, reached by gateway 3. */
export function workerOf(index: number, changes: WorkerChanges = {}): EgressWorker {
  const { labels = [], block = `100.64.${String(4 * index)}.0/22`, created = '2026-01-01T00:00:00Z', status = {} } = changes;
  const name = `worker-${String(index)}`;
  return {
    metadata: { name, namespace: systemNamespace, generation: 5, creationTimestamp: created },
    spec: {
      labelBlock: block,
      labels: labels.map((sgc, place) => ({
        namespace: 'team',
        name: sgc,
        uid: `uid-${sgc}`,
        address: addressAt(parseCidr(block, 'block'), place + 2),
      })),
    },
    status: definedOnly({
      publicKey: keyOf(name),
      endpoints: [{ gateway: 3, endpoint: `10.224.0.${String(10 + index)}:6103` }],
      ...status,
    }),
  };
}
