import { createLogger } from '../../src/base/log.ts';
import { openDatabase } from '../../src/region/arm/database.ts';
import { createPrincipalRegistry } from '../../src/region/arm/principals.ts';
import type { StoredResource } from '../../src/region/arm/resource.ts';
import { createMetadataService } from '../../src/region/metadata-service/metadata-service.ts';
import { createScheduledEvents, type ScheduledEvents } from '../../src/region/metadata-service/scheduled-events.ts';
import {
  type AssignedPrincipals,
  ensurePrincipals,
  type IdentityPrincipal,
  type ResourceIdentity,
} from '../../src/region/providers/resource-identity.ts';
import type { StoredInstance } from '../../src/region/providers/scale-set-model.ts';
import { exampleInstance, exampleNetwork, exampleScaleSet, exampleSubnetId, viewOf } from './example-scale-set.ts';

/** A metadata service over a set of two instances at 10.224.0.4 and 10.224.0.5 in the network `v1`. */
export interface ExampleMetadata {
  readonly events: ScheduledEvents;
  /** Of the set, as its `identity` asked for. */
  readonly principals: AssignedPrincipals;
  /** What a request from this address gets. Headers: `Metadata: true` unless given. */
  readonly ask: (path: string, request?: MetadataRequest) => Promise<Response>;
  /** Lets time pass. */
  readonly wait: (ms: number) => void;
}

interface MetadataRequest {
  readonly from?: string;
  readonly network?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const vmIds = ['00000000-0000-4000-8000-000000000000', '00000000-0000-4000-8000-000000000001'] as const;

/** An instance with one interface: the first address is the primary one, the second has a public address. */
export function machineInstance(name: '0' | '1', options: { readonly podCidr?: string } = {}): StoredInstance {
  const last = 4 + Number(name);
  const instance = exampleInstance(name, {
    state: {
      vmId: vmIds[Number(name)] ?? '',
      ...options,
      interfaces: [
        {
          name: 'nic',
          mac: `02:5e:00:00:00:0${String(last)}`,
          ipConfigurations: [
            { name: 'ipconfig1', subnetId: exampleSubnetId, privateAddress: `10.224.0.${String(last)}` },
            {
              name: 'egress',
              subnetId: exampleSubnetId,
              privateAddress: `10.224.0.${String(last + 10)}`,
              publicAddress: { name: 'egress', address: `203.0.113.${String(last)}` },
            },
          ],
        },
      ],
    },
  });
  return { ...instance, body: { ...instance.body, tags: { 'aks-managed-poolName': 'gwpool', team: 'net' } } };
}

export async function createExampleMetadata(
  options: { readonly further?: readonly StoredResource[]; readonly identity?: ResourceIdentity; readonly podCidr?: string } = {},
): Promise<ExampleMetadata> {
  const database = await openDatabase(':memory:');
  let time = Date.parse('2026-03-01T10:00:00Z');
  const now = (): Date => new Date(time);
  const set = exampleScaleSet({ capacity: 2 });
  const registry = createPrincipalRegistry(database);
  const principalOf = (identityId: string): IdentityPrincipal => {
    const { clientId, objectId } = registry.ensure(identityId.toLowerCase());
    return { clientId, principalId: objectId };
  };
  const principals = ensurePrincipals({ id: set.id, identity: options.identity, before: undefined, principalOf }, registry);
  const view = viewOf([
    ...exampleNetwork(),
    { ...set, state: { ...set.state, principals } },
    machineInstance('0', options.podCidr === undefined ? {} : { podCidr: options.podCidr }),
    machineInstance('1'),
    ...(options.further ?? []),
  ]);
  const events = createScheduledEvents({ database, view, now });
  const service = createMetadataService({
    view,
    principals: registry,
    tokens: {
      issue: async ({ objectId }, audience) => ({ accessToken: `${objectId} for ${audience}`, expiresInSeconds: 3600 }),
    },
    events,
    tenantId: 'tenant',
    now,
    log: createLogger('metadata', { level: 'silent' }),
  });
  return {
    events,
    principals,
    async ask(path, { from = '10.224.0.4', network = 'v1', method = 'GET', headers = { Metadata: 'true' }, body } = {}) {
      const init = { method, headers, ...(body === undefined ? {} : { body }) };
      return service.request(`http://169.254.169.254/metadata/${path}`, init, { networkKey: network, address: from });
    },
    wait(ms) {
      time += ms;
    },
  };
}
