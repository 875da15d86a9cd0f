import { join } from 'node:path';
import type { Logger } from '../base/log.ts';
import { writeFileAtomic } from '../base/files.ts';
import { createClusters } from '../cluster/clusters.ts';
import type { LoopbackForwards } from '../cluster/loopback-forwards.ts';
import { ensureNodeImages, type NodeImage } from '../cluster/node-images.ts';
import { createUserImages } from '../cluster/user-images.ts';
import type { Supply } from '../cluster/supply/supply.ts';
import { createFabric } from './fabric/fabric.ts';
import { fabricSettings, machineNamespace } from './fabric/fabric-settings.ts';
import type { FabricKernel } from './fabric/kernel.ts';
import { createLocalPlatform } from './local-platform.ts';
import { createLocalRoutes } from './local-routes.ts';
import { createMachines, type Machines } from './machines/machines.ts';
import { createRegion, type Region } from './region.ts';
import { listenTls } from './tls-server.ts';

interface LocalRegionOptions {
  readonly stateDir: string;
  readonly installation: string;
  readonly armPort: number;
  readonly firstApiPort: number;
  /** Where network namespaces are kept as files. */
  readonly namespaces: string;
  readonly supply: Supply;
  readonly kernel: FabricKernel;
  readonly createForwards: (options: { readonly namespacePath: (machine: string) => string }) => LoopbackForwards;
  /** A TCP socket bound inside a namespace; returns its file descriptor. */
  readonly bind: (namespace: string, place: { readonly address: string; readonly port: number }) => number;
  readonly log: Logger;
}

const nodeImages = ['pause', 'coredns', 'tools', 'static-egress-gateway'] as const;
const httpsPort = 443;
const importTimeoutMs = 300_000;

/**
 * The whole region on this host: fabric, machines, clusters, and the ARM plane on `https://127.0.0.1:armPort` and, inside every virtual
 * network, on port 443 of Azure's own address. Resolves when it answers and what should run is being started.
 */
export async function startLocalRegion(options: LocalRegionOptions): Promise<{ stop(): Promise<void> }> {
  const { stateDir, installation, armPort, namespaces, supply, kernel, log } = options;
  const fabric = createFabric({ kernel, folder: namespaces, log });
  const machines = createMachines({
    stateDir,
    installation,
    fabric,
    root: () => supply.ensureRoot('machine'),
    binaries: () => machineBinaries(supply),
  });
  const userImages = createUserImages(join(stateDir, 'images'));
  const images = async () => [
    ...(await Promise.all(nodeImages.map((name) => supply.ensureImage(name)))),
    ...(await userImages.list()),
  ];
  const clusters = createClusters({
    stateDir,
    log,
    forwards: options.createForwards({ namespacePath: (machine) => fabric.namespacePath(machineNamespace(machine)) }),
    shell: machines,
    images,
  });
  // oxlint-disable-next-line prefer-const -- routers may ask before the region is there
  let region: Region | undefined;
  const platform = createLocalPlatform({
    stateDir,
    fabric,
    machines,
    clusters,
    async serveRouter(namespace) {
      if (!region) return undefined;
      const fd = options.bind(namespace, { address: fabricSettings.dnsAddress, port: httpsPort });
      return listenTls({ fetch: region.app.fetch, certificate: region.certificate }, { fd });
    },
  });
  region = await createRegion({
    stateDir,
    settings: { firstApiPort: options.firstApiPort, serverNames: [...fabricSettings.azureNames, fabricSettings.dnsAddress] },
    platform,
    log,
    extension: { routes: [createLocalRoutes({ importImages: () => importOnNodes(machines, images) })] },
  });
  const server = await listenTls(
    { fetch: region.app.fetch, certificate: region.certificate },
    { address: '127.0.0.1', port: armPort },
  );
  await writeCredentials(region, { stateDir, armPort });
  await region.start();
  return {
    async stop() {
      await server.stop();
      await region.stop();
    },
  };
}

/** On every machine that runs a container runtime. */
async function importOnNodes(machines: Machines, images: () => Promise<readonly NodeImage[]>): Promise<readonly string[]> {
  const nodes = (await machines.running()).filter(({ services }) => services.includes('containerd')).map(({ name }) => name);
  const wanted = await images();
  for (const node of nodes)
    await ensureNodeImages(machines, node, { images: wanted, signal: AbortSignal.timeout(importTimeoutMs) });
  return nodes;
}

function machineBinaries(supply: Supply): Promise<Readonly<Record<string, string>>> {
  return supply.ensureBinaries([
    'coredns',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-proxy',
    'kube-scheduler',
    'kubectl',
    'kubelet',
    'node',
    'static-egress-gateway',
    'wireguard-go',
  ]);
}

/** What `segw env` and `segw aks` read. */
async function writeCredentials(
  { credentials }: Region,
  { stateDir, armPort }: { stateDir: string; armPort: number },
): Promise<void> {
  const endpoint = `https://127.0.0.1:${String(armPort)}`;
  const { tenantId, subscriptionId, clientId, clientSecret, authorityFile } = credentials;
  const content = {
    armEndpoint: endpoint,
    authorityHost: endpoint,
    caFile: authorityFile,
    subscriptionId,
    tenantId,
    clientId,
    clientSecret: clientSecret.reveal(),
  };
  await writeFileAtomic(join(stateDir, 'region/credentials.json'), JSON.stringify(content), { mode: 0o600 });
}
