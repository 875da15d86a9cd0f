import { openGenericSocket, openNetfilterSocket, openRouteSocket, type NetlinkSocket } from '../netlink/socket.ts';
import { inNetns } from '../netns.ts';
import type { Tables } from './tables.ts';

interface OpenNamespaceOptions {
  readonly name: string;
  /** Of the file that keeps it. */
  readonly path: string;
  readonly openTables: (path: string) => Tables;
}

/** A network namespace with all that we have open in it. While anything is, the namespace lives on, even off its file: close it. */
export class OpenNamespace {
  readonly name: string;
  readonly path: string;
  readonly route: NetlinkSocket;
  readonly netfilter: NetlinkSocket;
  readonly tables: Tables;
  #generic: NetlinkSocket | undefined;

  constructor({ name, path, openTables }: OpenNamespaceOptions) {
    this.name = name;
    this.path = path;
    this.route = inNetns(path, openRouteSocket);
    this.netfilter = inNetns(path, openNetfilterSocket);
    this.tables = openTables(path);
  }

  /** Of no use where the kernel has no WireGuard, so opened when it is asked for. */
  get generic(): NetlinkSocket {
    this.#generic ??= inNetns(this.path, openGenericSocket);
    return this.#generic;
  }

  close(): void {
    this.tables.close();
    this.route.close();
    this.netfilter.close();
    this.#generic?.close();
  }
}
