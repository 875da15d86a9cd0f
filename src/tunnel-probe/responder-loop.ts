import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { ProbeKeys } from './probe-keys.ts';
import { encodePacket, parsePacket, type ProbeAnswer } from './wire-format.ts';

export interface ResponderLoopOptions {
  /** The node's own address. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly keysOf: (worker: bigint) => ProbeKeys | undefined;
  readonly answer: () => ProbeAnswer | undefined;
  readonly onError: (error: Error) => void;
}

export interface ResponderLoop {
  readonly port: number;
  stop(): Promise<void>;
}

/** Answers with a socket of the calling thread. Rejects when the port cannot be had. */
export async function startResponderLoop({
  address,
  port,
  keysOf,
  answer,
  onError,
}: ResponderLoopOptions): Promise<ResponderLoop> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const state = answer();
    if (state === undefined) return;
    const probe = parsePacket(bytes, (worker) => keysOf(worker)?.probe);
    const keys = probe?.kind === 'probe' ? keysOf(probe.worker) : undefined;
    if (!probe || !keys) return;
    const { worker, nonce } = probe;
    const reply = encodePacket({ kind: 'reply', worker, nonce, answer: state }, keys.reply);
    socket.send(reply, from.port, from.address, () => undefined);
  });
  socket.bind({ address, port });
  await once(socket, 'listening');
  socket.on('error', onError);
  return {
    port: socket.address().port,
    stop: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
