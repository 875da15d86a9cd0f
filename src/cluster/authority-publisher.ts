import { isError } from '../kube/api-error.ts';
import type { Logger } from '../base/log.ts';
import { KubeClient } from '../kube/client.ts';
import { configMapKind } from '../kube/config-map.ts';
import type { Connection } from '../kube/connection.ts';
import { startController, storeSource } from '../kube/controller.ts';
import { startListWatch } from '../kube/list-watch.ts';
import type { KubeObject } from '../kube/object.ts';
import { Store } from '../kube/store.ts';
import type { ClusterSpec } from './cluster-platform.ts';
import { namespaceKind } from './cluster-objects.ts';

interface AuthorityPublisherOptions {
  readonly connect: (cluster: ClusterSpec) => Promise<Connection>;
  /** PEM, read whenever a cluster is taken up. */
  readonly authorityPem: () => Promise<string>;
  readonly log: Logger;
}

/** Keeps ConfigMap `segw-ca` in every namespace of the clusters that it was given. */
export interface AuthorityPublisher {
  /** Resolves when namespace `default` has it; the other ones follow, also those that are made later. Twice is once. */
  ensure(cluster: ClusterSpec, signal: AbortSignal): Promise<void>;
  /** Leaves the cluster alone from now on. */
  forget(cluster: Pick<ClusterSpec, 'key'>): Promise<void>;
}

const name = 'segw-ca';
const fieldManager = 'segw-authority-publisher';

/**
 * Pods that mount the ConfigMap trust the region under all its names, as they trust the API server by `kube-root-ca.crt`, which the
 * controller manager publishes in the same way.
 */
export function createAuthorityPublisher({ connect, authorityPem, log }: AuthorityPublisherOptions): AuthorityPublisher {
  const publications = new Map<string, Publication>();

  async function forget({ key }: Pick<ClusterSpec, 'key'>): Promise<void> {
    const publication = publications.get(key);
    publications.delete(key);
    await publication?.stop();
  }

  return {
    async ensure(cluster, signal) {
      const pem = await authorityPem();
      const running = publications.get(cluster.key);
      if (running?.pem === pem) return;
      await forget(cluster);
      const connection = await connect(cluster);
      try {
        await publish(new KubeClient(connection), { namespace: 'default', pem, signal });
      } catch (error) {
        await connection.close();
        throw error;
      }
      // Another call may have been as fast.
      await forget(cluster);
      publications.set(cluster.key, startPublication(connection, pem, log.child({ cluster: cluster.key })));
    },
    forget,
  };
}

interface Publication {
  readonly pem: string;
  stop(): Promise<void>;
}

function startPublication(connection: Connection, pem: string, log: Logger): Publication {
  const client = new KubeClient(connection);
  const namespaces = new Store<KubeObject>();
  const published = new Store<KubeObject>();
  const ofNamespaces = startListWatch({ client, kind: namespaceKind, store: namespaces, log });
  const ofConfigMaps = startListWatch({
    client,
    kind: configMapKind,
    selection: { fieldSelector: `metadata.name=${name}` },
    store: published,
    log,
  });
  const controller = startController({
    name: 'authority-publisher',
    objectName: 'namespace',
    sources: [
      storeSource(namespaces, ofNamespaces),
      // What somebody changes or deletes comes back.
      storeSource(published, ofConfigMaps, ({ metadata }) => [{ name: metadata.namespace ?? '' }]),
    ],
    reconciler: {
      async reconcile({ name: namespace }, { signal }) {
        const found = namespaces.get({ name: namespace });
        if (found !== undefined && found.metadata.deletionTimestamp === undefined)
          await publish(client, { namespace, pem, signal });
        return {};
      },
    },
    log,
  });
  return {
    pem,
    async stop() {
      await Promise.all([controller.stop(), ofNamespaces.stop(), ofConfigMaps.stop()]);
      await connection.close();
    },
  };
}

interface Publishing {
  readonly namespace: string;
  readonly pem: string;
  readonly signal: AbortSignal;
}

/** Server-side apply: where it is equal, nothing is written. A namespace that goes meanwhile is no failure. */
async function publish(client: KubeClient, { namespace, pem, signal }: Publishing): Promise<void> {
  const object = { metadata: { name, namespace }, data: { 'ca.crt': pem } };
  try {
    await client.apply(configMapKind, object, { fieldManager, signal });
  } catch (error) {
    if (!isError(error, 'NotFound') && !isError(error, 'Forbidden')) throw error;
  }
}
