import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ensureClusterCertificates,
  ensureNodeCertificates,
  forgetNodeCertificates,
  type ClusterCertificates,
  type NodeCertificates,
} from './certificates.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';

/** The keys and certificates of all clusters, kept below `STATE/clusters/KEY`. */
export interface CertificateFolders {
  ofCluster(cluster: ClusterSpec): Promise<ClusterCertificates>;
  ofNode(cluster: ClusterSpec, node: NodeSpec): Promise<NodeCertificates>;
  forgetNode(cluster: ClusterSpec, nodeName: string): Promise<void>;
  forget(cluster: ClusterSpec): Promise<void>;
}

export function createCertificateFolders(stateDir: string): CertificateFolders {
  const clusterFolder = ({ key }: ClusterSpec): string => join(stateDir, 'clusters', key);
  const pki = (cluster: ClusterSpec): string => join(clusterFolder(cluster), 'pki');
  const inTurn = createTurns();
  return {
    ofCluster: (cluster) => inTurn(cluster.key, () => ensureClusterCertificates(pki(cluster), cluster)),
    ofNode: (cluster, node) =>
      inTurn(cluster.key, async () => {
        const { authority } = await ensureClusterCertificates(pki(cluster), cluster);
        return ensureNodeCertificates(pki(cluster), authority, node);
      }),
    forgetNode: (cluster, nodeName) => inTurn(cluster.key, () => forgetNodeCertificates(pki(cluster), nodeName)),
    forget: (cluster) => inTurn(cluster.key, () => rm(clusterFolder(cluster), { recursive: true, force: true })),
  };
}

/** Work on one key runs one after the other: two that start at once must not make two authorities. */
function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const result = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, result);
    return result;
  };
}
