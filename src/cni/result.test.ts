import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePodNetwork } from './result.ts';

const pod = { name: 'eth0', sandbox: '/run/netns/x' };

const networks: readonly (readonly [string, unknown, ReturnType<typeof parsePodNetwork>])[] = [
  [
    'ptp',
    { interfaces: [{ name: 'veth1' }, pod], ips: [{ interface: 1, address: '10.244.1.2/24' }] },
    { address: '10.244.1.2', nodeLinks: ['veth1'] },
  ],
  [
    'a bridge',
    { interfaces: [{ name: 'cni0' }, { name: 'veth1' }, pod], ips: [{ interface: 2, address: '10.244.1.2/24' }] },
    { address: '10.244.1.2', nodeLinks: ['cni0', 'veth1'] },
  ],
  [
    'version 0.3.1, IPv6 first',
    {
      interfaces: [{ name: 'veth1', sandbox: '' }, pod],
      ips: [
        { version: '6', interface: 1, address: 'fd00::2/64' },
        { version: '4', interface: 1, address: '10.244.1.2/32' },
      ],
    },
    { address: '10.244.1.2', nodeLinks: ['veth1'] },
  ],
  ['a plugin that names no interfaces', { ips: [{ address: '10.244.1.2/24' }] }, { address: '10.244.1.2', nodeLinks: [] }],
];

for (const [title, result, expected] of networks) {
  test(`the network of a pod behind ${title}`, () => assert.deepEqual(parsePodNetwork(result, 'eth0'), expected));
}

const nonsense: readonly unknown[] = [
  undefined,
  null,
  'x',
  {},
  { ips: [] },
  { ips: [{ address: 'fd00::2/64' }] },
  { ips: [{ address: 1 }] },
  { interfaces: 'x' },
  { interfaces: [pod, { name: 'net1', sandbox: 'x' }], ips: [{ interface: 1, address: '10.0.0.2/24' }] },
];

for (const result of nonsense) {
  test(`prevResult ${JSON.stringify(result) ?? 'absent'} is refused`, () => {
    assert.throws(() => parsePodNetwork(result, 'eth0'), { code: 'InvalidInput' });
  });
}
