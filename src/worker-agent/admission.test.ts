import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StaticGatewayConfiguration } from '../api/static-gateway-configuration.ts';
import { admit, type Knowledge } from './admission.ts';
import type { Surroundings, UsableSgc } from './surroundings.ts';

const sgc: UsableSgc = {
  key: 'team/web',
  uid: 'u1',
  label: '100.64.4.2',
  excludeCidrs: [],
  defaultRoute: 'staticEgressGateway',
  spread: 'perPod',
  gateways: [1, 2],
};

function knowing(sgcs: readonly UsableSgc[]): Surroundings {
  const cluster = { nodes: [], pods: [], services: [], ipv6: [] };
  return { block: { address: '100.64.4.0', prefixLength: 22 }, cluster, gateways: [], sgcs };
}

function configuration(reason?: string, status: 'True' | 'False' | 'Unknown' = 'True'): StaticGatewayConfiguration {
  const condition = { type: 'Ready' as const, status, reason: reason ?? '', message: 'words', lastTransitionTime: '' };
  return {
    metadata: { namespace: 'team', name: 'web', uid: 'u1' },
    spec: { provisionPublicIps: true, defaultRoute: 'staticEgressGateway' },
    status: { conditions: reason === undefined ? [] : [condition] },
  };
}

const ready: Knowledge = {
  isSynced: true,
  isRemoving: false,
  notReady: undefined,
  surroundings: knowing([sgc]),
  findConfiguration: () => configuration('AllGatewaysReady'),
  stateOf: () => 'ready',
};

const cases: readonly (readonly [string, Partial<Knowledge>, string])[] = [
  ['all is there', {}, 'admit'],
  ['one gateway of two is dead', { stateOf: (number) => (number === 1 ? 'dead' : 'draining') }, 'admit'],
  ['a gateway node', { isSynced: false, notReady: { reason: 'GatewayNode', message: '' } }, 'refuse GatewayNodeRefused'],
  ['the feature goes', { isRemoving: true }, 'refuse FeatureRemoved'],
  ['nothing is known yet', { isSynced: false }, 'wait AgentStarting'],
  ['no such configuration', { findConfiguration: () => undefined }, 'absent ConfigurationMissing'],
  ['a new configuration', { findConfiguration: () => configuration() }, 'wait ConfigurationNotReady'],
  ['it is being made', { findConfiguration: () => configuration('Provisioning', 'False') }, 'wait ConfigurationNotReady'],
  ['it cannot be made', { findConfiguration: () => configuration('PrefixInUse', 'False') }, 'refuse ConfigurationNotReady'],
  ['networks unknown', { notReady: { reason: 'ClusterNetworksUnknown', message: '' } }, 'wait ClusterNetworksUnknown'],
  ['no EgressWorker', { notReady: { reason: 'WaitingForOperator', message: '' } }, 'wait LabelMissing'],
  ['no label', { surroundings: knowing([]) }, 'wait LabelMissing'],
  [
    'the label of a configuration that had the name before',
    { surroundings: knowing([{ ...sgc, uid: 'u0' }]) },
    'wait LabelMissing',
  ],
  ['nobody has acknowledged', { surroundings: knowing([{ ...sgc, gateways: [] }]) }, 'wait AcknowledgementMissing'],
  ['every gateway is dead', { stateOf: () => 'dead' }, 'wait AcknowledgementMissing'],
];

for (const [title, changes, expected] of cases) {
  test(`${title}: ${expected}`, () => {
    const admission = admit('team/web', { ...ready, ...changes });
    assert.equal(admission.kind === 'admit' ? 'admit' : `${admission.kind} ${admission.error.code}`, expected);
  });
}
