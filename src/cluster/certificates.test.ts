import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exampleCluster, exampleGatewayNode } from '../../test/support/example-cluster.ts';
import { ensureClusterCertificates, ensureNodeCertificates, forgetNodeCertificates } from './certificates.ts';

describe('certificates of a cluster', () => {
  let folder: string;

  before(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'segw-certificates-')), 'pki');
  });
  after(() => rm(join(folder, '..'), { recursive: true }));

  test('the API server answers to its addresses and its names in the cluster', async () => {
    const { authority, apiServer } = await ensureClusterCertificates(folder, exampleCluster);
    const certificate = new X509Certificate(apiServer.certificatePem);
    for (const address of ['127.0.0.1', '10.0.0.1', '10.224.0.4']) assert.equal(certificate.checkIP(address), address);
    for (const name of ['localhost', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'])
      assert.equal(certificate.checkHost(name), name);
    assert.ok(certificate.verify(new X509Certificate(authority.certificatePem).publicKey));
  });

  test('users and groups are those that Kubernetes has roles for', async () => {
    const { controllerManager, scheduler, proxy, admin, authority } = await ensureClusterCertificates(folder, exampleCluster);
    const { kubeletClient } = await ensureNodeCertificates(folder, authority, exampleGatewayNode);
    const subjects = [controllerManager, scheduler, proxy, admin, kubeletClient].map(
      ({ certificatePem }) => new X509Certificate(certificatePem).subject,
    );
    assert.deepEqual(subjects, [
      'CN=system:kube-controller-manager',
      'CN=system:kube-scheduler',
      'CN=system:kube-proxy',
      'O=system:masters\nCN=masterclient',
      'O=system:nodes\nCN=system:node:aks-gwpool-12345678-vmss000000',
    ]);
  });

  test('made once, they stay', async () => {
    const first = await ensureClusterCertificates(folder, exampleCluster);
    assert.deepEqual(revealed(await ensureClusterCertificates(folder, exampleCluster)), revealed(first));
  });

  test('only the server certificate changes with the address', async () => {
    const { authority } = await ensureClusterCertificates(folder, exampleCluster);
    const first = await ensureNodeCertificates(folder, authority, exampleGatewayNode);
    const moved = await ensureNodeCertificates(folder, authority, { ...exampleGatewayNode, address: '10.224.0.9' });
    assert.deepEqual(revealed(moved.kubeletClient), revealed(first.kubeletClient));
    assert.equal(new X509Certificate(moved.kubeletServer.certificatePem).checkIP('10.224.0.9'), '10.224.0.9');
  });

  test('a forgotten node gets others', async () => {
    const { authority } = await ensureClusterCertificates(folder, exampleCluster);
    const first = await ensureNodeCertificates(folder, authority, exampleGatewayNode);
    await forgetNodeCertificates(folder, exampleGatewayNode.name);
    const second = await ensureNodeCertificates(folder, authority, exampleGatewayNode);
    assert.notDeepEqual(revealed(second.kubeletClient), revealed(first.kubeletClient));
  });

  test('a new authority signs everything anew', async () => {
    await ensureClusterCertificates(folder, exampleCluster);
    await rm(join(folder, 'authority.key'));
    const { authority, proxy } = await ensureClusterCertificates(folder, exampleCluster);
    assert.ok(new X509Certificate(proxy.certificatePem).verify(new X509Certificate(authority.certificatePem).publicKey));
  });

  test('nobody else can read them, also in a folder that was open before', async () => {
    await chmod(folder, 0o755);
    const { authority } = await ensureClusterCertificates(folder, exampleCluster);
    await ensureNodeCertificates(folder, authority, exampleGatewayNode);
    for (const entry of [folder, ...(await entriesOf(folder))]) {
      const { mode } = await stat(entry);
      assert.equal(mode & 0o077, 0, entry);
    }
  });
});

async function entriesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.map((entry) => join(folder, entry));
}

/** The object with its secrets readable, so that two can be compared. */
function revealed(value: object): unknown {
  return JSON.parse(JSON.stringify(Object.entries(value).map(reveal)));
}

function reveal([name, value]: [string, unknown]): unknown {
  if (typeof value !== 'object' || value === null) return [name, value];
  return 'reveal' in value && typeof value.reveal === 'function'
    ? [name, String(value.reveal())]
    : [name, Object.entries(value).map(reveal)];
}
