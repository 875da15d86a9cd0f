import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from './service.ts';
import { frontendName, readServiceRequest, wantsLoadBalancer } from './service-request.ts';

const prefix = 'service.beta.kubernetes.io/azure-';
const uid = '0f3b2a10-1111-4222-8333-444455556666';

function service(spec: Service['spec'] = {}, annotations: Readonly<Record<string, string>> = {}): Service {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${prefix}${key}`, value]));
  return {
    metadata: { name: 'web', namespace: 'default', uid, annotations: { note: 'kept', ...prefixed } },
    spec: { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP', nodePort: 30_080 }], ...spec },
  };
}

test('a frontend is named as Kubernetes names load balancers', () => {
  assert.equal(frontendName(service()), 'a0f3b2a1011114222833344445555666');
});

test('only a Service of type LoadBalancer without another class, and not on its way out, wants one', () => {
  const table: [Service, boolean][] = [
    [service(), true],
    [service({ type: 'ClusterIP' }), false],
    [service({ loadBalancerClass: 'example.com/other' }), false],
    [{ ...service(), metadata: { ...service().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }, false],
  ];
  for (const [one, wants] of table) assert.equal(wantsLoadBalancer(one), wants);
});

test('the policy, the affinity and annotations become the request', () => {
  const plain = readServiceRequest(service());
  assert.deepEqual(plain, {
    name: frontendName(service()),
    key: 'default/web',
    publicAddress: undefined,
    resourceGroup: undefined,
    ports: [{ port: 80, protocol: 'TCP', nodePort: 30_080 }],
    healthCheckNodePort: undefined,
    hasFloatingIp: true,
    isSticky: false,
  });
  const table: [Service, object][] = [
    [service({ externalTrafficPolicy: 'Local', healthCheckNodePort: 31_000 }), { healthCheckNodePort: 31_000 }],
    [service({ sessionAffinity: 'ClientIP' }), { isSticky: true }],
    [service({ loadBalancerIP: '198.51.100.9' }), { publicAddress: { address: '198.51.100.9' } }],
    [service({ loadBalancerIP: '' }), { publicAddress: undefined }],
    [
      service({}, { 'pip-name': 'mine', 'load-balancer-resource-group': 'rg' }),
      { publicAddress: { name: 'mine' }, resourceGroup: 'rg' },
    ],
    [service({}, { 'disable-load-balancer-floating-ip': 'true' }), { hasFloatingIp: false }],
    [service({}, { 'load-balancer-internal': 'false' }), {}],
  ];
  for (const [one, members] of table) assert.partialDeepStrictEqual(readServiceRequest(one), members);
});

test('what the region cannot do is said', () => {
  const table: [Service, RegExp][] = [
    [service({}, { 'load-balancer-internal': 'true' }), /no internal load balancers/],
    [service({}, { 'pls-create': 'true' }), /azure-pls-create/],
    [service({ ipFamilies: ['IPv4', 'IPv6'] }), /IPv4 only/],
    [service({ ports: [{ port: 80, protocol: 'SCTP' }] }), /SCTP/],
    [service({ ports: [{ port: 80 }] }, { 'disable-load-balancer-floating-ip': 'true' }), /node port/],
    [
      service({ loadBalancerSourceRanges: ['192.0.2.0/24'] }, { 'disable-load-balancer-floating-ip': 'true' }),
      /loadBalancerSourceRanges/,
    ],
  ];
  for (const [one, pattern] of table) {
    const problem = readServiceRequest(one);
    assert.ok(typeof problem === 'string');
    assert.match(problem, pattern);
  }
});
