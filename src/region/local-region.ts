import type { Socket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../base/log.ts';
import { writeFileAtomic } from '../base/files.ts';
import type { LoopbackForwards } from '../cluster/loopback-forwards.ts';
import { ensureNodeImages, type NodeImage } from '../cluster/node-images.ts';
import { createUserImages } from '../cluster/user-images.ts';
import type { Supply } from '../cluster/supply/supply.ts';
import { createFabric, type Fabric } from './fabric/fabric.ts';
import { fabricSettings, internetNamespace, machineNamespace, routerNamespace } from './fabric/fabric-settings.ts';
import { readInternetArrivals, type InternetArrivals } from './fabric/internet-arrivals.ts';
import type { FabricKernel } from './fabric/kernel.ts';
import { authorityFile } from './installation.ts';
import { listenHttp, listenTls } from './listening-server.ts';
import { lazyClusters } from './lazy-clusters.ts';
import { createLocalPlatform } from './local-platform.ts';
import { createLocalRoutes } from './local-routes.ts';
import type { ConnectToMember } from './load-balancer-probes/ask-member.ts';
import { createMachines, type Machines } from './machines/machines.ts';
import type { Platform } from './platform.ts';
import { createRegion, type Region } from './region.ts';
import { createRouterServers, type RouterServers, type RouterService } from './router-servers.ts';

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
  /** A connection made inside a namespace, from one of its addresses. */
  readonly connect: (
    namespace: string,
    route: { readonly from: string; readonly address: string; readonly port: number },
  ) => Socket;
  readonly freeFileWatchers: (wanted: number) => number;
  readonly log: Logger;
}

const nodeImages = ['pause', 'coredns', 'tools', 'static-egress-gateway'] as const;
const httpsPort = 443;
const httpPort = 80;
const importTimeoutMs = 300_000;

/**
 * The whole region on this host: fabric, machines, clusters, and the ARM plane on `https://127.0.0.1:armPort` and, inside every virtual
 * network, on port 443 of Azure's own address; the metadata service on port 80 of the other. Resolves when it answers and what should
 * run is being started.
 */
export async function startLocalRegion(options: LocalRegionOptions): Promise<{ stop(): Promise<void> }> {
  const { stateDir, armPort, firstApiPort, log } = options;
  const { platform, routerServers, machines, images, internetArrivals } = createWorld(options);
  const region = await createRegion({
    stateDir,
    settings: {
      firstApiPort,
      serverNames: [...fabricSettings.azureNames, ...fabricSettings.publicAzureNames, fabricSettings.dnsAddress],
    },
    platform,
    log,
    extension: { routes: [createLocalRoutes({ importImages: () => importOnNodes(machines, images), internetArrivals })] },
  });
  // Before the region starts: its first act is to apply the network, and with it the routers.
  for (const service of routerServices(region)) routerServers.offer(service);
  const server = await listenTls(
    { fetch: region.app.fetch, certificate: region.certificate },
    { address: '127.0.0.1', port: armPort },
  );
  await writeCredentials(region, { stateDir, armPort });
  await region.start();
  return {
    async stop() {
      await server.stop();
      await routerServers.stop();
      await region.stop();
    },
  };
}

interface World {
  readonly platform: Platform;
  readonly routerServers: RouterServers;
  readonly machines: Machines;
  readonly images: () => Promise<readonly NodeImage[]>;
  readonly internetArrivals: () => InternetArrivals;
}

/** Fabric, machines and clusters on this host. */
function createWorld({ stateDir, installation, namespaces, supply, kernel, log, ...host }: LocalRegionOptions): World {
  const fabric = createFabric({ kernel, folder: namespaces, log });
  const routerPath = (networkKey: string): string => fabric.namespacePath(routerNamespace(networkKey));
  const machines = createMachines({
    stateDir,
    installation,
    fabric,
    root: () => supply.ensureRoot('machine'),
    binaries: () => machineBinaries(supply),
    freeFileWatchers: host.freeFileWatchers,
  });
  const userImages = createUserImages(join(stateDir, 'images'));
  const images = async () => [
    ...(await Promise.all(nodeImages.map((name) => supply.ensureImage(name)))),
    ...(await userImages.list()),
  ];
  const clusters = lazyClusters(async () => {
    const { createClusters } = await import('../cluster/clusters.ts');
    return createClusters({
      stateDir,
      log,
      forwards: host.createForwards({ namespacePath: (machine) => fabric.namespacePath(machineNamespace(machine)) }),
      shell: machines,
      images,
      authorityPem: () => readFile(authorityFile(join(stateDir, 'region')), 'utf8'),
    });
  });
  const routerServers = createRouterServers({ namespacePath: routerPath, bind: host.bind });
  const connectToMember: ConnectToMember = ({ networkKey, address, port }) =>
    host.connect(routerPath(networkKey), { from: fabricSettings.dnsAddress, address, port });
  const platform = createLocalPlatform({ stateDir, fabric, machines, clusters, routerServers, connectToMember });
  return { platform, routerServers, machines, images, internetArrivals: () => internetArrivals(kernel, fabric) };
}

function internetArrivals(kernel: FabricKernel, { namespacePath }: Pick<Fabric, 'namespacePath'>): InternetArrivals {
  const namespace = kernel.open(namespacePath(internetNamespace));
  try {
    return readInternetArrivals(namespace);
  } finally {
    namespace.close();
  }
}

/** What machines reach of the region inside their virtual network: the plane, and what they are told about themselves. */
function routerServices({ app, certificate, metadata }: Region): readonly RouterService[] {
  return [
    {
      address: fabricSettings.dnsAddress,
      port: httpsPort,
      serve: async (fd) => listenTls({ fetch: app.fetch, certificate }, { fd }),
    },
    {
      address: fabricSettings.metadataAddress,
      port: httpPort,
      serve: async (fd, networkKey) =>
        listenHttp(
          {
            fetch: async (request, { incoming }) =>
              metadata.fetch(request, { networkKey, address: incoming.socket.remoteAddress ?? '' }),
          },
          { fd },
        ),
    },
  ];
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
