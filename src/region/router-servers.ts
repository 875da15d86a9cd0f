import type { ListeningServer } from './listening-server.ts';

/** What machines of a virtual network find at an address of their router. */
export interface RouterService {
  readonly address: string;
  readonly port: number;
  /** Serves on a socket that is bound to address and port in the namespace of the network with this key. */
  serve(fd: number, networkKey: string): Promise<ListeningServer>;
}

/** Every service at every router. */
export interface RouterServers {
  /** From the next `ensure` on, at every router. */
  offer(service: RouterService): void;
  /** Opens what is not open yet at the router of this network. */
  ensure(networkKey: string): Promise<void>;
  /** Closes what is open at routers of other networks than these; call it before their namespaces go. */
  retain(networkKeys: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

interface RouterServersOptions {
  /** The file that keeps the namespace of a network's router. */
  readonly namespacePath: (networkKey: string) => string;
  /** A TCP socket bound inside a namespace; returns its file descriptor. */
  readonly bind: (namespacePath: string, place: { readonly address: string; readonly port: number }) => number;
}

/** The sockets live in the routers' namespaces, what answers lives in this process. */
export function createRouterServers({ namespacePath, bind }: RouterServersOptions): RouterServers {
  const services: RouterService[] = [];
  const open = new Map<string, Map<RouterService, ListeningServer>>();

  async function retain(networkKeys: readonly string[]): Promise<void> {
    const gone = [...open].filter(([key]) => !networkKeys.includes(key));
    for (const [key] of gone) open.delete(key);
    await Promise.all(gone.flatMap(([, servers]) => [...servers.values()]).map(async (server) => server.stop()));
  }

  return {
    offer(service) {
      services.push(service);
    },
    async ensure(networkKey) {
      const servers = open.get(networkKey) ?? new Map<RouterService, ListeningServer>();
      open.set(networkKey, servers);
      for (const service of services) {
        if (servers.has(service)) continue;
        servers.set(service, await service.serve(bind(namespacePath(networkKey), service), networkKey));
      }
    },
    retain,
    stop: async () => retain([]),
  };
}
