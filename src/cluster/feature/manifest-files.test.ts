import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { exampleCluster } from '../../../test/support/example-cluster.ts';
import { kindOf, type ManifestObject } from '../manifest.ts';
import { readManifests } from './manifest-files.ts';
import { renderValues } from './render.ts';
import { featureImageReference, manifestValues } from './values.ts';

const { definitions, objects: templates } = await readManifests();
const values = manifestValues(
  exampleCluster,
  { reference: featureImageReference, digest: 'sha256:aa' },
  {
    subscriptionId: 's',
    tenantId: 't',
    clientId: 'c',
    armEndpoint: 'https://management.segw.test',
    armAudience: 'https://management.segw.test',
    authorityHost: 'https://login.segw.test',
    authorityPem: 'pem',
    hostNetworkPods: 'refuse',
  },
);
const objects = renderValues(templates, values);

test('every kind is known, and the namespace comes before what is in it', () => {
  for (const object of [...definitions, ...objects]) assert.equal(kindOf(object).kind, object.kind);
  assert.deepEqual(
    objects.map(({ kind }) => kind).filter((kind) => kind === 'Namespace'),
    ['Namespace'],
  );
  assert.equal(objects[0]?.kind, 'Namespace');
});

test('what is namespaced lies in the system namespace', () => {
  for (const object of objects)
    assert.equal(object.metadata.namespace, kindOf(object).namespaced ? 'kube-egress-gateway-system' : undefined, object.kind);
});

test('the operator is told of the cloud', () => {
  const config = objects.find(({ metadata }) => metadata.name === 'segw-config');
  assert.partialDeepStrictEqual(config, {
    data: {
      AZURE_CLIENT_ID: 'c',
      AZURE_AUTHORITY_HOST: 'https://login.segw.test',
      SEGW_RESOURCE_GROUP: 'MC_rg_mycluster_westus',
      SEGW_DISABLE_INSTANCE_DISCOVERY: 'true',
    },
  });
});

test('what agents may write', () => {
  assert.deepEqual(writesOf('segw-worker-agent'), [
    'cluster: create,patch,update,delete podendpoints',
    'cluster: create,patch,update events',
    'kube-egress-gateway-system: patch,update egressworkers/status',
    'kube-egress-gateway-system: create,patch,update leases',
  ]);
  assert.deepEqual(writesOf('segw-gateway-agent'), [
    'cluster: create,patch,update events',
    'kube-egress-gateway-system: patch,update gatewaystatuses/status',
    'kube-egress-gateway-system: create,patch,update leases',
  ]);
  assert.deepEqual(writesOf('segw-tunnel-host'), []);
  assert.deepEqual(writesOf('segw-gateway-guard'), []);
});

test('the rules of the policies', () => {
  const policies = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy').map(renderPolicy);
  assert.equal(
    policies.join('\n'),
    `segw-worker-agent
  when request.userInfo.username == 'system:serviceaccount:kube-egress-gateway-system:segw-worker-agent'
  let node = request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')
  let objects = request.operation == 'DELETE' ? [oldObject] : request.operation == 'UPDATE' ? [oldObject, object] : [object]
  must variables.node != ''
  must variables.objects.all(o, request.resource.resource == 'podendpoints' ? o.spec.nodeName == variables.node : request.resource.resource == 'leases' ? o.metadata.name == 'worker-' + variables.node : o.metadata.name == variables.node)
segw-gateway-agent
  when request.userInfo.username == 'system:serviceaccount:kube-egress-gateway-system:segw-gateway-agent'
  let node = request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')
  let written = request.operation == 'DELETE' ? oldObject : object
  must variables.node != ''
  must variables.written.metadata.name == (request.resource.resource == 'leases' ? 'gateway-' + variables.node : variables.node)
segw-host-network-pods
  when has(object.spec.hostNetwork) && object.spec.hostNetwork == true
  when 'kubernetes.azure.com/static-gateway-configuration' in object.?metadata.annotations.orValue({})
  when request.operation == 'CREATE' || !('kubernetes.azure.com/static-gateway-configuration' in oldObject.?metadata.annotations.orValue({}))
  must false
segw-spread
  let spread = object.?metadata.annotations[?'egressgateway.kubernetes.azure.com/spread'].orValue('perPod')
  let before = request.operation == 'CREATE' ? 'perPod' : oldObject.?metadata.annotations[?'egressgateway.kubernetes.azure.com/spread'].orValue('perPod')
  must variables.spread in ['perPod', 'perConnection'] || variables.spread == variables.before`,
  );
});

const role = z.object({
  rules: z.array(z.object({ resources: z.array(z.string()), verbs: z.array(z.string()) })),
});

/** One line for each rule of the account's roles that allows more than reading. */
function writesOf(account: string): readonly string[] {
  const roles = objects.filter(({ kind, metadata }) => ['ClusterRole', 'Role'].includes(kind) && metadata.name === account);
  return roles.flatMap((object) =>
    role.parse(object).rules.flatMap(({ resources, verbs }) => {
      const writing = verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb));
      return writing.length === 0
        ? []
        : [`${object.metadata.namespace ?? 'cluster'}: ${writing.join(',')} ${resources.join(',')}`];
    }),
  );
}

const named = z.object({ name: z.string(), expression: z.string() });
const policy = z.object({
  spec: z.object({
    matchConditions: z.array(named).default([]),
    variables: z.array(named).default([]),
    validations: z.array(z.object({ expression: z.string() })),
  }),
});

function renderPolicy(object: ManifestObject): string {
  const { matchConditions, variables, validations } = policy.parse(object).spec;
  return [
    object.metadata.name,
    ...matchConditions.map(({ expression }) => `  when ${expression}`),
    ...variables.map(({ name, expression }) => `  let ${name} = ${expression}`),
    ...validations.map(({ expression }) => `  must ${expression}`),
  ].join('\n');
}
