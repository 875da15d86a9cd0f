import { existsSync } from 'node:fs';
import type { Host } from '../../../../src/dataplane/host.ts';
import type { Secret } from '../../../../src/base/secret.ts';
import type { TunnelHost } from '../../../../src/linux/host/userspace-wireguard.ts';
import { applyByCommand } from './apply.ts';
import { CommandTables } from './command-tables.ts';
import { wgCommand, wireguardSocket } from './command-wireguard.ts';
import { observePlace, openPlace } from './observe.ts';

export interface CommandHostOptions {
  /** The file that keeps the namespace of this name. */
  readonly pathOf: (namespace: string) => string;
  readonly privateKey: Secret;
  readonly publicKeyOf: (privateKey: string) => string;
  /** Who runs wireguard-go; absent where the kernel has WireGuard. */
  readonly tunnels?: TunnelHost;
}

/**
 * A node's kernel as a person at its console has it: by ip(8), nft(8), conntrack(8), and wg(8) or wireguard-go's socket. To compare the
 * real thing with. It cannot own tables, and cannot kick.
 */
export function createCommandHost(options: CommandHostOptions): Host {
  const { pathOf, publicKeyOf, tunnels } = options;
  const tables = new CommandTables();
  const wireguard = tunnels ? wireguardSocket(publicKeyOf) : wgCommand;
  return {
    async observe({ namespaces }) {
      const places = namespaces
        .filter(({ name }) => existsSync(pathOf(name)))
        .map((scope) => openPlace(scope, pathOf(scope.name)));
      const observers = { tables, wireguard, wireguardKind: tunnels ? 'tun' : 'wireguard' };
      const states = [];
      for (const place of places) states.push(await observePlace(place, places, observers));
      return { namespaces: states };
    },
    apply: (step) => applyByCommand(step, { ...options, tables, wireguard }),
  };
}
