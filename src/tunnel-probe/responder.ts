import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { encodePacket, parsePacket, type ProbeAnswer } from './wire-format.ts';

export interface ResponderOptions {
  /** The node's own address. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** What the gateway says of itself now. `undefined`: its own check fails, so nobody is answered. */
  readonly answer: () => ProbeAnswer | undefined;
  readonly log: Logger;
}

export interface Responder {
  readonly port: number;
  stop(): Promise<void>;
}

/** Answers probes. Rejects when the port cannot be had. */
export async function startResponder({ address, port, answer, log }: ResponderOptions): Promise<Responder> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const packet = parsePacket(bytes);
    const state = answer();
    if (packet?.kind !== 'probe' || state === undefined) return;
    socket.send(encodePacket({ kind: 'reply', nonce: packet.nonce, answer: state }), from.port, from.address, () => undefined);
  });
  socket.bind({ address, port });
  await once(socket, 'listening');
  socket.on('error', (error) => log.warn({ error: messageOf(error) }, 'responder socket failed'));
  return {
    port: socket.address().port,
    stop: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
