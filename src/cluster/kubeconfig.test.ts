import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { exampleCluster } from '../../test/support/example-cluster.ts';
import { Secret } from '../base/secret.ts';
import { renderUserKubeconfig } from './kubeconfig.ts';

const certificates = {
  authority: { certificatePem: 'authority', privateKeyPem: new Secret('authority key') },
  admin: { certificatePem: 'admin', privateKeyPem: new Secret('admin key') },
};

const names = [
  ['user', 'mycluster', 'clusterUser_rg_mycluster'],
  ['admin', 'mycluster-admin', 'clusterAdmin_rg_mycluster'],
] as const;

for (const [user, context, userName] of names)
  test(`the kubeconfig of "${user}" has the names that AKS gives`, () => {
    assert.deepEqual(parse(renderUserKubeconfig(exampleCluster, user, certificates)), {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'mycluster',
          cluster: { server: 'https://127.0.0.1:16443', 'certificate-authority-data': btoa('authority') },
        },
      ],
      users: [{ name: userName, user: { 'client-certificate-data': btoa('admin'), 'client-key-data': btoa('admin key') } }],
      contexts: [{ name: context, context: { cluster: 'mycluster', user: userName } }],
      'current-context': context,
    });
  });
