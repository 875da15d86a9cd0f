import type { WireguardDevice } from '../wireguard/device.ts';
import type { OpenNamespace } from './open-namespace.ts';

/** One of the two ways to have WireGuard devices: the kernel's, or wireguard-go's. */
export interface WireguardKind {
  /** Of its links. */
  readonly linkKind: 'wireguard' | 'tun';
  /** Makes the device in `namespace`, with its UDP socket in the host's. */
  create(namespace: OpenNamespace, name: string): Promise<void>;
  /** Says that nobody shall bring the device back. Its link is deleted afterwards, which ends it. Twice is once. */
  release(name: string): Promise<void>;
  open(namespace: OpenNamespace, name: string): WireguardDevice;
}
