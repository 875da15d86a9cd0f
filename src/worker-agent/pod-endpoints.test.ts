import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gateway } from '../dataplane/model.ts';
import type { RegisteredPod } from './attached-pods.ts';
import { desiredEndpoints } from './pod-endpoints.ts';
import type { Surroundings } from './surroundings.ts';

const gateway: Gateway = { number: 1, address: '10.224.0.21', port: 6000, publicKey: 'G=', state: 'ready' };
const surroundings: Surroundings = {
  block: { address: '100.64.4.0', prefixLength: 22 },
  cluster: { nodes: [], pods: [], services: [], ipv6: [] },
  gateways: [{ ...gateway, node: 'g1' }],
  sgcs: [
    {
      key: 'team/web',
      uid: 'u',
      label: '100.64.4.2',
      excludeCidrs: [],
      defaultRoute: 'staticEgressGateway',
      spread: 'perPod',
      gateways: [1],
    },
  ],
};

function pod(name: string, phase: RegisteredPod['phase']): RegisteredPod {
  return { uid: name, namespace: 'team', name, containerId: 'c', veth: name, address: '10.244.1.2', sgc: 'web', phase };
}

function endpoints(state: Gateway['state'], publicAddress?: string) {
  const profile = {
    nodeName: 'g1',
    primaryAddress: '10.224.0.21',
    secondaryAddress: '10.224.0.121',
    ...(publicAddress && { publicAddress }),
  };
  return desiredEndpoints({
    nodeName: 'n1',
    pods: [pod('a', 'attached'), pod('b', 'guarded'), pod('c', 'leaving')],
    surroundings,
    gateways: [{ ...gateway, state }],
    vmConfigurations: [
      {
        metadata: { namespace: 'team', name: 'web' },
        spec: { provisionPublicIps: true },
        status: { gatewayVmProfiles: [profile] },
      },
    ],
  });
}

const spec = { staticGatewayConfiguration: 'web', podUid: 'a', nodeName: 'n1', podAddress: '10.244.1.2' };

test('an attached pod leaves by the public address of its gateway, or by the private one', () => {
  const by = (egressAddress: string) => new Map([['team/a', { ...spec, gateway: 'g1', egressAddress }]]);
  assert.deepEqual(endpoints('ready', '203.0.113.8'), by('203.0.113.8'));
  assert.deepEqual(endpoints('ready'), by('10.224.0.121'));
});

test('with no gateway alive it leaves nowhere', () => {
  assert.deepEqual(endpoints('dead'), new Map([['team/a', spec]]));
});
