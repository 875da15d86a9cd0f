import { createServer } from 'node:net';
import { once } from 'node:events';
import { bindInNetns } from '../../../../src/linux/bound-socket.ts';
import { ports } from './fabric.ts';
import { openUdp } from './pod-client.ts';
import type { RigPod } from './rig.ts';

/** A pod that echoes on TCP and UDP. */
export interface PodServer {
  /** Addresses of those who asked, as the pod saw them, each once. */
  clients(): string[];
  stop(): Promise<void>;
}

export async function startPodServer({ netns, address }: RigPod): Promise<PodServer> {
  const clients = new Set<string>();
  const udp = openUdp(netns, { source: address, port: ports.echo });
  udp.on('message', (message, sender) => {
    clients.add(sender.address);
    udp.send(message, sender.port, sender.address);
  });
  const tcp = createServer((connection) => {
    clients.add(connection.remoteAddress ?? '');
    connection.on('error', () => connection.destroy());
    connection.pipe(connection);
  });
  tcp.listen({ fd: bindInNetns(netns, { address, port: ports.echo }) });
  await once(tcp, 'listening');
  return {
    clients: () => [...clients],
    async stop() {
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}
