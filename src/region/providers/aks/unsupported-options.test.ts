import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unsupportedClusterOptions, unsupportedPoolOptions } from './unsupported-options.ts';

describe('options that the region has not', () => {
  const harmless: readonly (readonly [what: string, properties: unknown])[] = [
    ['nothing', undefined],
    ['no object', 7],
    [
      'what az sends anyway',
      {
        addonProfiles: {},
        storageProfile: {},
        bootstrapProfile: { artifactSource: 'Direct' },
        aadProfile: null,
        enableRBAC: true,
      },
    ],
    ['what is off', { addonProfiles: { azurepolicy: { enabled: false, config: { version: 'v2' } } } }],
    ['what is empty all through', { securityProfile: { defender: { logAnalyticsWorkspaceResourceId: '' }, imageCleaner: {} } }],
    [
      'what is so anyway',
      { publicNetworkAccess: 'enabled', networkProfile: { loadBalancerProfile: { allocatedOutboundPorts: 0 } } },
    ],
    ['a member that Azure has not', { somethingNew: { enabled: true } }],
  ];
  for (const [what, properties] of harmless)
    it(`take ${what}`, () => {
      assert.deepEqual(unsupportedClusterOptions({ properties }), []);
    });

  it('take what az sends for a pool', () => {
    const properties = {
      enableNodePublicIP: false,
      enableFIPS: false,
      scaleDownMode: 'Delete',
      scaleSetPriority: 'Regular',
      upgradeSettings: { undrainableNodeBehavior: 'Schedule' },
      orchestratorVersion: '',
      powerState: { code: 'Running' },
      spotMaxPrice: -1,
      securityProfile: { sshAccess: 'LocalUser', enableVTPM: false },
    };
    assert.deepEqual(unsupportedPoolOptions({ properties }), []);
  });

  const refused: readonly (readonly [path: string, body: object, message: RegExp])[] = [
    ['sku.name', { sku: { name: 'Automatic' } }, /"Automatic" of parameter sku\.name .*allowed: Base, Basic/],
    ['properties.addonProfiles', { properties: { addonProfiles: { x: { enabled: true } } } }, /no add-ons/],
    ['properties.enableRBAC', { properties: { enableRBAC: false } }, /false of parameter enableRBAC/],
    [
      'properties.networkProfile.natGatewayProfile',
      { properties: { networkProfile: { natGatewayProfile: { idleTimeoutInMinutes: 4 } } } },
      /leave by a load balancer/,
    ],
    [
      'properties.autoUpgradeProfile.upgradeChannel',
      { properties: { autoUpgradeProfile: { upgradeChannel: 'stable' } } },
      /stable/,
    ],
  ];
  for (const [path, body, message] of refused)
    it(`refuse ${path}`, () => {
      const [problem, ...others] = unsupportedClusterOptions(body);
      assert.deepEqual([problem?.code, problem?.target, others], ['NotSupportedInThisRegion', path, []]);
      assert.match(problem?.message ?? '', message);
    });
});
