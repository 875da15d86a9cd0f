import { pollUntil } from '../../src/base/poll.ts';
import { findBinary } from './binaries.ts';
import { applyManifest, kubectl } from './installation.ts';
import { copyToMachine, runOnMachine } from './machine-shell.ts';

const name = 'kube-network-policies';
const namespace = 'kube-system';
const folder = '/opt/segw-test';
const queue = '98';
/**
 * The engine would divert with nftables' `queue`, which not every kernel has (`CONFIG_NFT_QUEUE`); the older target does the same in the
 * forward hook, where iptables' engines work.
 */
const divert = `FORWARD -m conntrack --ctstate NEW -j NFQUEUE --queue-num ${queue}`;

/** Starts the engine on a node: it judges the first packet of each connection that the node forwards. It judges when this returns. */
export async function startPolicyEngine(node: string): Promise<void> {
  await copyToMachine(node, await findBinary(name), `${folder}/${name}`);
  for (const object of [...access, engine(node)]) await applyManifest(JSON.stringify(object));
  await pollUntil(
    `queue ${queue}`,
    async () => (await runOnMachine(node, `grep '^ *${queue} ' /proc/net/netfilter/nfnetlink_queue || true`)) || undefined,
    { timeoutMs: 30_000, intervalMs: 200 },
  );
  await runOnMachine(node, `iptables -I ${divert}`);
}

/** Ends it. What nobody judges would be dropped, so the rule goes first. */
export async function stopPolicyEngine(node: string): Promise<void> {
  await runOnMachine(node, `iptables -D ${divert}; rm -r ${folder}`);
  await kubectl('delete', '--namespace', namespace, `pod/${name}`, `serviceaccount/${name}`);
  await kubectl('delete', `clusterrole/${name}`, `clusterrolebinding/${name}`);
}

const watched = { verbs: ['list', 'watch'] };

const access = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [
      { ...watched, apiGroups: [''], resources: ['pods', 'namespaces'] },
      { ...watched, apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  },
];

function engine(nodeName: string): object {
  const flags = [`--hostname-override=${nodeName}`, `--nfqueue-id=${queue}`, '--metrics-bind-address=127.0.0.1:9099'];
  const container = {
    name,
    image: 'segw.local/tools:latest',
    imagePullPolicy: 'Never',
    command: [`${folder}/${name}`, ...flags],
    securityContext: { privileged: true },
    volumeMounts: [{ name: 'program', mountPath: folder }],
  };
  const spec = {
    nodeName,
    hostNetwork: true,
    serviceAccountName: name,
    terminationGracePeriodSeconds: 1,
    containers: [container],
    volumes: [{ name: 'program', hostPath: { path: folder } }],
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec };
}
