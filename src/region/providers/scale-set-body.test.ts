import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exampleScaleSet, exampleSetId, exampleSubnetId, viewOf } from '../../../test/support/example-scale-set.ts';
import { ArmError } from '../arm/errors.ts';
import { parseScaleSet } from './scale-set-body.ts';
import type { ScaleSetBody, StoredScaleSet } from './scale-set-model.ts';

const interfaces = [
  { name: 'nic', properties: { ipConfigurations: [{ name: 'ip', properties: { subnet: { id: exampleSubnetId } } }] } },
];
const networkProfile = { networkInterfaceConfigurations: interfaces };
const minimal = { location: 'local', sku: { name: 'S', capacity: 1 }, properties: { virtualMachineProfile: { networkProfile } } };

function parse(body: unknown, existing?: StoredScaleSet, name = 'Set_1'): ScaleSetBody {
  return parseScaleSet({ id: exampleSetId, name, body, existing, isPatch: false, view: viewOf([]) });
}

function withProfile(profile: object): object {
  return { ...minimal, properties: { virtualMachineProfile: { networkProfile, ...profile } } };
}

describe('the body of a scale set', () => {
  test('of a new one gets its defaults, and machine names after the set', () => {
    const { sku, properties } = parse(minimal);
    assert.deepEqual(sku, { name: 'S', tier: 'Standard', capacity: 1 });
    assert.deepEqual(properties.virtualMachineProfile.osProfile.computerNamePrefix, 'set-1');
    assert.deepEqual(properties.virtualMachineProfile.extensionProfile, { extensions: [] });
  });

  test('keeps what a later one leaves out or sends as null', () => {
    const before = { ...exampleScaleSet({ capacity: 3 }), body: { ...exampleScaleSet({ capacity: 3 }).body, tags: { a: 'b' } } };
    const after = parse({ tags: null, sku: { capacity: 4 }, properties: { virtualMachineProfile: null } }, before);
    assert.deepEqual(after.tags, { a: 'b' });
    assert.deepEqual(after.sku, { ...before.body.sku, capacity: 4 });
    assert.deepEqual(
      after.properties.virtualMachineProfile.networkProfile,
      before.body.properties.virtualMachineProfile.networkProfile,
    );
  });

  test('says what is missing', () => {
    assert.throws(() => parse({ location: 'local' }), { code: 'InvalidParameter', message: /'sku.name' is missing/ });
  });

  test('may carry what a client read, and what asks for nothing', () => {
    const { properties } = parse({
      ...minimal,
      plan: null,
      properties: {
        ...minimal.properties,
        provisioningState: 'Succeeded',
        uniqueId: 'u',
        overprovision: false,
        automaticRepairsPolicy: { enabled: false },
        virtualMachineProfile: {
          networkProfile,
          osProfile: { adminUsername: 'azureuser', secrets: [], windowsConfiguration: null },
          storageProfile: { imageReference: { publisher: 'Debian', offer: 'debian-12' }, dataDisks: [] },
          diagnosticsProfile: { bootDiagnostics: { enabled: false } },
        },
      },
    });
    assert.deepEqual(properties.virtualMachineProfile.storageProfile, {
      imageReference: { publisher: 'Debian', offer: 'debian-12' },
    });
  });
});

const refusals: readonly { readonly what: string; readonly body: object; readonly target: string; readonly code?: string }[] = [
  {
    what: 'more than 1000 instances',
    body: { ...minimal, sku: { name: 'S', capacity: 1001 } },
    target: 'sku.capacity',
    code: 'InvalidParameter',
  },
  {
    what: 'automatic upgrades',
    body: { ...minimal, properties: { upgradePolicy: { mode: 'Rolling' } } },
    target: 'properties.upgradePolicy.mode',
  },
  {
    what: 'flexible orchestration',
    body: { ...minimal, properties: { orchestrationMode: 'Flexible' } },
    target: 'properties.orchestrationMode',
  },
  { what: 'overprovisioning', body: { ...minimal, properties: { overprovision: true } }, target: 'properties.overprovision' },
  {
    what: 'taking the oldest first',
    body: { ...minimal, properties: { scaleInPolicy: { rules: ['OldestVM'] } } },
    target: 'properties.scaleInPolicy.rules.0',
  },
  {
    what: 'automatic repairs',
    body: { ...minimal, properties: { automaticRepairsPolicy: { enabled: true } } },
    target: 'properties.automaticRepairsPolicy',
  },
  { what: 'Spot instances', body: withProfile({ priority: 'Spot' }), target: 'properties.virtualMachineProfile.priority' },
  {
    what: 'cloud-init',
    body: withProfile({ osProfile: { customData: 'IyE=' } }),
    target: 'properties.virtualMachineProfile.osProfile.customData',
  },
  {
    what: 'another distribution',
    body: withProfile({ storageProfile: { imageReference: { publisher: 'Canonical' } } }),
    target: 'properties.virtualMachineProfile.storageProfile.imageReference',
  },
  {
    what: 'data disks',
    body: withProfile({ storageProfile: { dataDisks: [{ lun: 0 }] } }),
    target: 'properties.virtualMachineProfile.storageProfile.dataDisks',
  },
  {
    what: 'extensions of others',
    body: withProfile({
      extensionProfile: {
        extensions: [{ name: 'hello', properties: { publisher: 'p', type: 't', settings: { clusterId: 'c', agentPool: 'p' } } }],
      },
    }),
    target: 'properties.virtualMachineProfile.extensionProfile.extensions.0.name',
  },
  {
    what: 'network security groups',
    body: withProfile({
      networkProfile: {
        networkInterfaceConfigurations: [
          { name: 'nic', properties: { ...interfaces[0]?.properties, networkSecurityGroup: { id: '/x' } } },
        ],
      },
    }),
    target: 'properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations.0.properties.networkSecurityGroup',
  },
];
for (const { what, body, target, code = 'NotSupportedInThisRegion' } of refusals)
  test(`a scale set refuses ${what}`, () => {
    assert.throws(
      () => parse(body),
      (error) => error instanceof ArmError && error.status === 400 && error.code === code && error.target === target,
    );
  });
