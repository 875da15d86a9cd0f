import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegwError } from '../base/error.ts';
import type { Gateway, Spread } from '../dataplane/model.ts';
import type { RegisteredPod } from './attached-pods.ts';
import { desiredEndpoints } from './pod-endpoints.ts';
import type { PodTrouble } from './pod-watch.ts';
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

const troubles: readonly PodTrouble[] = [
  {
    kind: 'guarded',
    pod: { metadata: { namespace: 'team', name: 'b', uid: 'b' } },
    sgc: 'web',
    error: new SegwError('LabelMissing', 'no label yet', { remedy: 'wait' }),
  },
];

function endpoints(state: Gateway['state'], publicAddress?: string, spread: Spread = 'perPod') {
  const profile = {
    nodeName: 'g1',
    primaryAddress: '10.224.0.21',
    secondaryAddress: '10.224.0.121',
    ...(publicAddress && { publicAddress }),
  };
  return desiredEndpoints({
    nodeName: 'n1',
    pods: [
      pod('a', 'attached'),
      pod('b', 'guarded'),
      pod('c', 'leaving'),
      pod('d', 'detaching'),
      { ...pod('e', 'guarded'), sgc: 'no name' },
    ],
    troubles,
    surroundings: { ...surroundings, sgcs: surroundings.sgcs.map((sgc) => ({ ...sgc, spread })) },
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

const spec = { staticGatewayConfiguration: 'web', nodeName: 'n1', podAddress: '10.244.1.2' };
const attached = { ...spec, podUid: 'a', state: 'Attached' };
/** Of the pods that do not leave by a gateway, whatever its state. */
const others = [
  ['team/b', { ...spec, podUid: 'b', state: 'Guarded', reason: 'LabelMissing', message: 'no label yet. wait' }],
  ['team/d', { ...spec, podUid: 'd', state: 'Detaching' }],
] as const;

test('an attached pod leaves by the public address of its gateway, or by the private one', () => {
  const by = (egressAddress: string) =>
    new Map<string, object>([['team/a', { ...attached, gateway: 'g1', egressAddress }], ...others]);
  assert.deepEqual(endpoints('ready', '203.0.113.8'), by('203.0.113.8'));
  assert.deepEqual(endpoints('ready'), by('10.224.0.121'));
});

test('with no gateway alive it leaves nowhere', () => {
  assert.deepEqual(endpoints('dead'), new Map<string, object>([['team/a', attached], ...others]));
});

test('a pod whose connections take turns has no gateway of its own, and says so', () => {
  const message = 'New connections take turns over the 1 gateways that serve.';
  const expected = new Map<string, object>([['team/a', { ...attached, message }], ...others]);
  assert.deepEqual(endpoints('ready', '203.0.113.8', 'perConnection'), expected);
});
