import type { Logger } from '../base/log.ts';
import { KubeClient } from '../kube/client.ts';
import type { Connection } from '../kube/connection.ts';
import { applyAddOns, desiredAddOns } from './add-ons.ts';
import { awaitApiServer, awaitControllers } from './control-plane-readiness.ts';
import { createAuthorityPublisher } from './authority-publisher.ts';
import { createCertificateFolders } from './certificate-folders.ts';
import { connectByCertificates, withClient, type ConnectCluster } from './cluster-client.ts';
import type { ClusterPlatform, ClusterSpec } from './cluster-platform.ts';
import { apiServerPort, controlPlaneMachine, desiredControlPlane } from './control-plane.ts';
import { deleteOtherNodes, removeNode } from './drain.ts';
import { createClusterFeatures } from './feature/cluster-features.ts';
import { renderUserKubeconfig } from './kubeconfig.ts';
import type { LoopbackForwards } from './loopback-forwards.ts';
import { ensureNodeImages, type NodeImage } from './node-images.ts';
import { ensureNode } from './node-readiness.ts';
import type { NodeShell } from './node-shell.ts';
import { desiredNode } from './node.ts';
import { serviceAccountJwk } from './service-account-keys.ts';

export interface ClustersOptions {
  /** Keys and certificates are kept below it, in `clusters/`. */
  readonly stateDir: string;
  readonly log: Logger;
  readonly forwards: LoopbackForwards;
  readonly shell: NodeShell;
  /** What every node has to hold; asked each time, so that a rebuilt image reaches the nodes. */
  readonly images: () => Promise<readonly NodeImage[]>;
  /** PEM: whom pods have to trust to reach the region. */
  readonly authorityPem: () => Promise<string>;
}

/** Real Kubernetes on the region's machines. The control plane's machine is called `controlPlaneMachine(cluster)`, a node's as the node. */
export function createClusters({ stateDir, log, forwards, shell, images, authorityPem }: ClustersOptions): ClusterPlatform {
  const folders = createCertificateFolders(stateDir);
  const connect: ConnectCluster = async (cluster) => {
    await openForward(forwards, cluster);
    return connectByCertificates(cluster, await folders.ofCluster(cluster));
  };
  const features = createClusterFeatures({ log, shell, images, connect });
  const authority = createAuthorityPublisher({ log, authorityPem, connect });
  return {
    async controlPlaneContent(cluster) {
      return desiredControlPlane(cluster, await folders.ofCluster(cluster));
    },
    async ensureReady(cluster, signal) {
      const connection = await connect(cluster);
      try {
        await awaitControlPlane(connection, cluster, signal);
      } finally {
        await connection.close();
      }
      await authority.ensure(cluster, signal);
    },
    ensureFeature: features.ensure,
    awaitFeature: features.await,
    awaitGateway: features.awaitGateway,
    gatewayPoolUsers: features.poolUsers,
    async nodeContent(cluster, node) {
      return desiredNode(cluster, node, { cluster: await folders.ofCluster(cluster), node: await folders.ofNode(cluster, node) });
    },
    async ensureNodeReady(cluster, node, signal) {
      const since = new Date();
      await ensureNodeImages(shell, node.name, { images: await images(), signal });
      await withClient(connect, cluster, (client) => ensureNode(cluster, node, { client, since, signal }));
    },
    async removeNode(cluster, nodeName, limitMs) {
      await withClient(connect, cluster, (client) => removeNode(client, { nodeName, limitMs }, log));
      await folders.forgetNode(cluster, nodeName);
    },
    async retainNodes(cluster, nodeNames) {
      const removed = await withClient(connect, cluster, (client) => deleteOtherNodes(client, nodeNames, log));
      for (const name of removed) await folders.forgetNode(cluster, name);
    },
    connect,
    async kubeconfig(cluster, user) {
      return renderUserKubeconfig(cluster, user, await folders.ofCluster(cluster));
    },
    async serviceAccountKeys(cluster) {
      const { serviceAccount } = await folders.ofCluster(cluster);
      return [serviceAccountJwk(serviceAccount.publicKeyPem)];
    },
    async remove(cluster) {
      features.forget(cluster);
      await authority.forget(cluster);
      await forwards.close(cluster.apiPort);
      await folders.forget(cluster);
    },
  };
}

/** Before every connection: after a restart of this process, or of the machine, nobody else does. */
async function openForward(forwards: LoopbackForwards, cluster: ClusterSpec): Promise<void> {
  await forwards.open({
    port: cluster.apiPort,
    machine: controlPlaneMachine(cluster),
    targetAddress: cluster.address,
    targetPort: apiServerPort,
  });
}

async function awaitControlPlane(connection: Connection, cluster: ClusterSpec, signal: AbortSignal): Promise<void> {
  await awaitApiServer(connection, cluster, signal);
  const client = new KubeClient(connection);
  await applyAddOns(client, desiredAddOns(cluster), signal);
  await awaitControllers(client, cluster, signal);
}
