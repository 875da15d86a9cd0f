import { formatCidr } from '../base/addresses.ts';
import type { KeyedCertificate } from '../base/certificates.ts';
import type { ClusterCertificates } from './certificates.ts';
import type { ClusterSpec } from './cluster-platform.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { binariesFolder, type MachineContent, type MachineFile } from './machine-content.ts';
import { identityFiles } from './machine-identity.ts';
import { serviceAccountIssuer } from './service-account-keys.ts';

export const apiServerPort = 6443;

const pki = '/etc/kubernetes/pki';
const etcdClient = 'http://127.0.0.1:2379';

/** The name of the machine that carries the cluster's control plane. */
export function controlPlaneMachine({ key }: Pick<ClusterSpec, 'key'>): string {
  return `${key}-cp`;
}

/** The disk and the services of a control plane: stock paths, flags of Kubernetes 1.34. */
export function desiredControlPlane(cluster: ClusterSpec, certificates: ClusterCertificates): MachineContent {
  return {
    files: [
      ...identityFiles(controlPlaneMachine(cluster), cluster.address),
      ...pkiFiles(certificates),
      kubeconfigFile('controller-manager', certificates.authority, certificates.controllerManager),
      kubeconfigFile('scheduler', certificates.authority, certificates.scheduler),
    ],
    services: [
      { name: 'etcd', command: etcdCommand() },
      { name: 'kube-apiserver', command: apiServerCommand(cluster) },
      { name: 'kube-controller-manager', command: controllerManagerCommand(cluster) },
      { name: 'kube-scheduler', command: schedulerCommand() },
    ],
  };
}

function pkiFiles({ authority, apiServer, apiServerKubeletClient, serviceAccount }: ClusterCertificates): readonly MachineFile[] {
  return [
    ...certificateFiles('ca', authority),
    ...certificateFiles('apiserver', apiServer),
    ...certificateFiles('apiserver-kubelet-client', apiServerKubeletClient),
    { path: `${pki}/sa.pub`, content: serviceAccount.publicKeyPem },
    { path: `${pki}/sa.key`, content: serviceAccount.privateKeyPem.reveal(), mode: 0o600 },
  ];
}

function certificateFiles(name: string, { certificatePem, privateKeyPem }: KeyedCertificate): readonly MachineFile[] {
  return [
    { path: `${pki}/${name}.crt`, content: certificatePem },
    { path: `${pki}/${name}.key`, content: privateKeyPem.reveal(), mode: 0o600 },
  ];
}

function kubeconfigFile(name: string, authority: KeyedCertificate, user: KeyedCertificate): MachineFile {
  const content = renderKubeconfig({
    clusterName: 'kubernetes',
    userName: `system:kube-${name}`,
    contextName: `system:kube-${name}@kubernetes`,
    server: `https://127.0.0.1:${String(apiServerPort)}`,
    authorityPem: authority.certificatePem,
    user,
  });
  return { path: `/etc/kubernetes/${name}.conf`, content, mode: 0o600 };
}

function etcdCommand(): readonly string[] {
  return [
    '/usr/bin/etcd',
    '--name=default',
    '--data-dir=/var/lib/etcd',
    `--listen-client-urls=${etcdClient}`,
    `--advertise-client-urls=${etcdClient}`,
    '--listen-peer-urls=http://127.0.0.1:2380',
    // A machine's power-off kills processes; the page cache survives it, so nothing is lost.
    '--unsafe-no-fsync',
  ];
}

function apiServerCommand(cluster: ClusterSpec): readonly string[] {
  return [
    `${binariesFolder}/kube-apiserver`,
    `--advertise-address=${cluster.address}`,
    `--secure-port=${String(apiServerPort)}`,
    `--etcd-servers=${etcdClient}`,
    `--service-cluster-ip-range=${formatCidr(cluster.serviceCidr)}`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--client-ca-file=${pki}/ca.crt`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    `--service-account-issuer=${serviceAccountIssuer(cluster)}`,
    `--service-account-jwks-uri=${serviceAccountIssuer(cluster)}/openid/v1/jwks`,
    `--service-account-key-file=${pki}/sa.pub`,
    `--service-account-signing-key-file=${pki}/sa.key`,
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-certificate-authority=${pki}/ca.crt`,
    `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
    `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
    // The endpoint reconciler stays at its default: without endpoints of the service `kubernetes` no pod reaches the API.
  ];
}

function controllerManagerCommand(cluster: ClusterSpec): readonly string[] {
  return [
    `${binariesFolder}/kube-controller-manager`,
    '--kubeconfig=/etc/kubernetes/controller-manager.conf',
    '--bind-address=127.0.0.1',
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${pki}/sa.key`,
    `--root-ca-file=${pki}/ca.crt`,
    `--cluster-signing-cert-file=${pki}/ca.crt`,
    `--cluster-signing-key-file=${pki}/ca.key`,
    `--cluster-name=${cluster.name}`,
    // The default of 20 requests a second stretches the start of all controllers to five seconds.
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    // Pod networks are given by the cloud, together with the routes to them.
    '--allocate-node-cidrs=false',
    // A node that lost its power is NotReady after 8 to 10 s instead of 50.
    '--node-monitor-period=1s',
    '--node-monitor-grace-period=8s',
  ];
}

function schedulerCommand(): readonly string[] {
  return [
    `${binariesFolder}/kube-scheduler`,
    '--kubeconfig=/etc/kubernetes/scheduler.conf',
    '--bind-address=127.0.0.1',
    '--leader-elect=false',
  ];
}
