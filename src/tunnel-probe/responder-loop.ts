import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { ProbeKeys } from './probe-keys.ts';
import { encodePacket, parsePacket, type ProbeAnswer } from './wire-format.ts';

export interface ResponderLoopOptions {
  /** The node's own address and a port (0: any free one), or the descriptor of a socket that is bound already. */
  readonly at: { readonly address: string; readonly port: number } | { readonly fd: number };
  readonly keysOf: (worker: bigint) => ProbeKeys | undefined;
  readonly answer: () => ProbeAnswer | undefined;
  readonly onError: (error: Error) => void;
}

export interface ResponderLoop {
  readonly port: number;
  stop(): Promise<void>;
}

/** Answers with a socket of the calling thread. Rejects when the port cannot be had. */
export async function startResponderLoop({ at, keysOf, answer, onError }: ResponderLoopOptions): Promise<ResponderLoop> {
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
  // A socket that is bound already listens at once.
  const listening = once(socket, 'listening');
  socket.bind(at);
  await listening;
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
