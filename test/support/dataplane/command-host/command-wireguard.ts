import { connect } from 'node:net';
import type { Secret } from '../../../../src/base/secret.ts';
import type { WgPeer } from '../../../../src/dataplane/host-state.ts';
import type { WireguardStep } from '../../../../src/dataplane/step.ts';
import { command } from './command.ts';

/** A WireGuard device as a person would look at it and change it. */
export interface CommandWireguard {
  /** `undefined`: a link that only looks like such a device. */
  read(netns: string, device: string): Promise<WireguardListing | undefined>;
  configure(netns: string, step: WireguardStep, privateKey: Secret): Promise<void>;
}

export interface WireguardListing {
  /** Base64; empty: none. */
  readonly publicKey: string;
  readonly listenPort: number;
  readonly peers: readonly WgPeer[];
}

/** Of the kernel's devices: wg(8). */
export const wgCommand: CommandWireguard = {
  async read(netns, device) {
    const [own = '', ...peers] = command(netns, ['wg', 'show', device, 'dump']).trim().split('\n');
    const [, publicKey = '', port] = own.split('\t');
    return { publicKey: publicKey.replace('(none)', ''), listenPort: Number(port), peers: peers.map(parseDumpedPeer) };
  },
  async configure(netns, { device, listenPort, removedPeers, peers }, privateKey) {
    const changes = peers.flatMap(({ publicKey, endpoint, keepaliveSeconds, allowedIps }) => [
      'peer',
      publicKey,
      'endpoint',
      endpoint,
      'persistent-keepalive',
      String(keepaliveSeconds),
      'allowed-ips',
      allowedIps.join(','),
    ]);
    const removals = removedPeers.flatMap((peer) => ['peer', peer, 'remove']);
    const key = ['private-key', '/dev/stdin', 'listen-port', String(listenPort)];
    command(netns, ['wg', 'set', device, ...key, ...removals, ...changes], { input: privateKey.reveal() });
  },
};

function parseDumpedPeer(line: string): WgPeer {
  const [publicKey = '', , endpoint = '', allowedIps = '', , , , keepalive = ''] = line.split('\t');
  return {
    publicKey,
    endpoint: endpoint.replace('(none)', ''),
    keepaliveSeconds: Number(keepalive.replace('off', '0')),
    allowedIps: allowedIps === '(none)' ? [] : allowedIps.split(',').toSorted(),
  };
}

/** Of wireguard-go's devices: its socket (wireguard.com/xplatform). `publicKeyOf`: of a private key. */
export function wireguardSocket(publicKeyOf: (privateKey: string) => string): CommandWireguard {
  return {
    async read(_netns, device) {
      const answer = await ask(device, 'get=1\n\n').catch(() => undefined);
      if (answer === undefined) return undefined;
      const [own = '', ...peers] = answer.split(/(?=^public_key=)/mu);
      const privateKey = valuesOf(own, 'private_key')[0];
      return {
        publicKey: privateKey === undefined ? '' : publicKeyOf(toBase64(privateKey)),
        listenPort: Number(valuesOf(own, 'listen_port')[0] ?? 0),
        peers: peers.map(parsePeer),
      };
    },
    async configure(_netns, { device, listenPort, removedPeers, peers }, privateKey) {
      const lines = [
        'set=1',
        `private_key=${toHex(privateKey.reveal())}`,
        `listen_port=${String(listenPort)}`,
        ...removedPeers.flatMap((peer) => [`public_key=${toHex(peer)}`, 'remove=true']),
        ...peers.flatMap(renderPeer),
      ];
      const answer = await ask(device, `${lines.join('\n')}\n\n`);
      if (!answer.includes('errno=0')) throw new Error(`wireguard-go for ${device}: ${answer.trim()}`);
    },
  };
}

function renderPeer({ publicKey, endpoint, keepaliveSeconds, allowedIps }: WgPeer): string[] {
  return [
    `public_key=${toHex(publicKey)}`,
    `endpoint=${endpoint}`,
    `persistent_keepalive_interval=${String(keepaliveSeconds)}`,
    'replace_allowed_ips=true',
    ...allowedIps.map((network) => `allowed_ip=${network}`),
  ];
}

function parsePeer(text: string): WgPeer {
  return {
    publicKey: toBase64(valuesOf(text, 'public_key')[0] ?? ''),
    endpoint: valuesOf(text, 'endpoint')[0] ?? '',
    keepaliveSeconds: Number(valuesOf(text, 'persistent_keepalive_interval')[0] ?? 0),
    allowedIps: valuesOf(text, 'allowed_ip').toSorted(),
  };
}

function valuesOf(text: string, key: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

async function ask(device: string, request: string): Promise<string> {
  const socket = connect(`/var/run/wireguard/${device}.sock`);
  socket.setEncoding('utf8');
  try {
    socket.write(request);
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer.endsWith('\n\n')) return answer;
    }
    throw new Error(`wireguard-go for ${device} broke off`);
  } finally {
    socket.destroy();
  }
}

function toHex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

function toBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
