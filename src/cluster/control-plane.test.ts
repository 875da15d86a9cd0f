import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleCluster } from '../../test/support/example-cluster.ts';
import { exampleClusterCertificates } from '../../test/support/example-secrets.ts';
import { desiredControlPlane } from './control-plane.ts';

const { files, services } = desiredControlPlane(exampleCluster, exampleClusterCertificates);

test('the disk of a control plane has the stock files, and nobody but root reads its keys', () => {
  assert.equal(
    files.map(({ path, mode = 0o644 }) => `${mode.toString(8)} ${path}`).join('\n'),
    `644 /etc/hostname
644 /etc/hosts
644 /etc/resolv.conf
644 /etc/kubernetes/pki/ca.crt
600 /etc/kubernetes/pki/ca.key
644 /etc/kubernetes/pki/apiserver.crt
600 /etc/kubernetes/pki/apiserver.key
644 /etc/kubernetes/pki/apiserver-kubelet-client.crt
600 /etc/kubernetes/pki/apiserver-kubelet-client.key
644 /etc/kubernetes/pki/sa.pub
600 /etc/kubernetes/pki/sa.key
600 /etc/kubernetes/controller-manager.conf
600 /etc/kubernetes/scheduler.conf`,
  );
  for (const { path, content, mode } of files)
    if (content.includes('key of')) assert.ok(mode === 0o600 || path.endsWith('sa.pub'), path);
});

test('the services of a control plane', () => {
  assert.equal(
    services.map(({ name, command }) => `${name}\n${command.map((word) => `  ${word}`).join('\n')}`).join('\n'),
    `etcd
  /usr/bin/etcd
  --name=default
  --data-dir=/var/lib/etcd
  --listen-client-urls=http://127.0.0.1:2379
  --advertise-client-urls=http://127.0.0.1:2379
  --listen-peer-urls=http://127.0.0.1:2380
  --unsafe-no-fsync
kube-apiserver
  /opt/segw/bin/kube-apiserver
  --advertise-address=10.224.0.4
  --secure-port=6443
  --etcd-servers=http://127.0.0.1:2379
  --service-cluster-ip-range=10.0.0.0/16
  --tls-cert-file=/etc/kubernetes/pki/apiserver.crt
  --tls-private-key-file=/etc/kubernetes/pki/apiserver.key
  --client-ca-file=/etc/kubernetes/pki/ca.crt
  --authorization-mode=Node,RBAC
  --enable-admission-plugins=NodeRestriction
  --allow-privileged=true
  --service-account-issuer=https://oidc.segw.test/c1
  --service-account-jwks-uri=https://oidc.segw.test/c1/openid/v1/jwks
  --service-account-key-file=/etc/kubernetes/pki/sa.pub
  --service-account-signing-key-file=/etc/kubernetes/pki/sa.key
  --kubelet-preferred-address-types=InternalIP
  --kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt
  --kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt
  --kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key
kube-controller-manager
  /opt/segw/bin/kube-controller-manager
  --kubeconfig=/etc/kubernetes/controller-manager.conf
  --bind-address=127.0.0.1
  --leader-elect=false
  --use-service-account-credentials=true
  --service-account-private-key-file=/etc/kubernetes/pki/sa.key
  --root-ca-file=/etc/kubernetes/pki/ca.crt
  --cluster-signing-cert-file=/etc/kubernetes/pki/ca.crt
  --cluster-signing-key-file=/etc/kubernetes/pki/ca.key
  --cluster-name=mycluster
  --kube-api-qps=200
  --kube-api-burst=400
  --allocate-node-cidrs=false
  --node-monitor-period=1s
  --node-monitor-grace-period=8s
kube-scheduler
  /opt/segw/bin/kube-scheduler
  --kubeconfig=/etc/kubernetes/scheduler.conf
  --bind-address=127.0.0.1
  --leader-elect=false`,
  );
});
