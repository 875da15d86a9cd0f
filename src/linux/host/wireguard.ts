import { parseCidr } from '../../base/addresses.ts';
import { SegwError } from '../../base/error.ts';
import type { Secret } from '../../base/secret.ts';
import type { WgPeer } from '../../dataplane/host-state.ts';
import type { WireguardStep } from '../../dataplane/step.ts';
import type { WireguardDevice, WireguardPeer } from '../wireguard/device.ts';

/** The private key that belongs to a public one; `undefined` when it is not this node's. */
export type PrivateKeys = (publicKey: string) => Secret | undefined;

/** Peers that the step does not name stay as they are. */
export async function configureWireguard(device: WireguardDevice, step: WireguardStep, privateKeys: PrivateKeys): Promise<void> {
  const privateKey = privateKeys(step.publicKey);
  if (!privateKey) throw new SegwError('NotFound', `this node has no private key for the public key ${step.publicKey}`);
  const replaced = new Set([...step.removedPeers, ...step.peers.map(({ publicKey }) => publicKey)]);
  const kept = (await device.read()).peers.filter(({ publicKey }) => !replaced.has(publicKey));
  await device.configure({ privateKey, listenPort: step.listenPort, peers: [...kept, ...step.peers.map(toPeer)] });
}

function toPeer({ publicKey, endpoint, keepaliveSeconds, allowedIps }: WgPeer): WireguardPeer {
  const separator = endpoint.lastIndexOf(':');
  return {
    publicKey,
    keepaliveSeconds,
    allowedIps: allowedIps.map((network) => parseCidr(network, 'allowed-ips')),
    ...(separator < 0
      ? {}
      : { endpoint: { address: endpoint.slice(0, separator), port: Number(endpoint.slice(separator + 1)) } }),
  };
}
