import type { Gateway } from './model.ts';

/** The gateways that get new connections: the ready ones, or the draining ones when no ready one is left. Dead ones never. */
export function servingGateways(gateways: readonly Gateway[]): Gateway[] {
  const ready = gateways.filter(({ state }) => state === 'ready');
  return ready.length > 0 ? ready : gateways.filter(({ state }) => state === 'draining');
}

/**
 * Rendezvous hashing: each gateway's score for `key` depends on nothing but the two, the highest wins. So a gateway that comes or
 * goes moves only the keys that it wins or has won. `undefined` when no gateway serves.
 */
export function chooseGateway(key: string, gateways: readonly Gateway[]): Gateway | undefined {
  const keyHash = hash(key);
  let best: { readonly gateway: Gateway; readonly score: number } | undefined;
  for (const gateway of servingGateways(gateways)) {
    const score = mix(keyHash ^ mix(gateway.number));
    if (!best || score > best.score || (score === best.score && gateway.number < best.gateway.number)) best = { gateway, score };
  }
  return best?.gateway;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value;
}

/** The finaliser of MurmurHash3: every bit of the result depends on every bit of the input. Unsigned, 32 bits. */
function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
