import { parseArgs } from 'node:util';
import { z } from 'zod';
import { messageOf, SegwError } from '../base/error.ts';

export interface GatewayAgentConfig {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly nodeName: string;
  /** Where workers reach the node: with tunnels and with probes. */
  readonly nodeAddress: string;
  readonly apiServer: { readonly host: string; readonly port: number };
  /** Where health and metrics are served, on loopback. */
  readonly healthPort: number;
  /** Holds the node's private key, over reboots. */
  readonly stateDirectory: string;
  /** Holds what is in the kernel, until the next reboot: the record of it must not outlive it. */
  readonly runDirectory: string;
  /** Where tunnel-host is told which devices are wanted. */
  readonly tunnelDirectory: string;
  /** Where network namespaces are kept as files. */
  readonly namespaceDirectory: string;
  /** The node's own cpu cgroup (version 1), for threads that get real-time priority; need not be there. */
  readonly cpuGroup: string;
  /** Who runs the tunnels: `auto` takes the kernel where it can. */
  readonly wireguard: 'auto' | 'kernel' | 'userspace';
  /** Of the instance metadata service; `undefined`: there is none, and nobody announces maintenance. */
  readonly metadataUrl: string | undefined;
  /** After so long a scheduled event may begin, whatever is still connected. */
  readonly maintenanceWaitMs: number;
  /** After so long without a packet of its pod a connection or flow of a gateway that drains counts as ended. */
  readonly idleMs: number;
  /** With `removeOnExit`: between the announcement that the gateway leaves and its removal. */
  readonly drainMs: number;
  /** Leave nothing in the kernel. Otherwise everything stays, so that a restart or an upgrade ends no connection. */
  readonly removeOnExit: boolean;
}

interface ConfigSources {
  /** Without the program and its file. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

const flags = {
  'log-level': { type: 'string', default: 'info' },
  'health-port': { type: 'string', default: '9632' },
  'state-dir': { type: 'string', default: '/var/lib/segw' },
  'run-dir': { type: 'string', default: '/run/segw' },
  'tunnel-dir': { type: 'string', default: '/run/segw/tunnels' },
  'netns-dir': { type: 'string', default: '/run/netns' },
  'cpu-cgroup': { type: 'string', default: '/host/cgroup/cpu' },
  wireguard: { type: 'string', default: 'auto' },
  'metadata-url': { type: 'string', default: 'http://169.254.169.254' },
  'maintenance-wait-seconds': { type: 'string', default: '300' },
  'idle-seconds': { type: 'string', default: '60' },
  'drain-seconds': { type: 'string', default: '2' },
  'remove-on-exit': { type: 'boolean', default: false },
} as const;

const port = z.coerce.number('is not a port').int('is not a port').min(1, 'is not a port').max(65_535, 'is not a port');
const required = z.string('is missing').min(1, 'is missing');
const path = z.string().regex(/^\//, 'is not an absolute path');
const seconds = z.coerce.number('is not a number of seconds').min(0, 'is negative').max(3600, 'is more than an hour');
const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const wireguardKinds = ['auto', 'kernel', 'userspace'] as const;

const schema = z.object({
  '--log-level': z.enum(logLevels, `is none of ${logLevels.join(', ')}`),
  '--health-port': port,
  '--state-dir': path,
  '--run-dir': path,
  '--tunnel-dir': path,
  '--netns-dir': path,
  '--cpu-cgroup': path,
  '--wireguard': z.enum(wireguardKinds, `is none of ${wireguardKinds.join(', ')}`),
  '--metadata-url': z.literal('none').or(z.url({ protocol: /^https?$/, error: 'is neither an http URL nor none' })),
  '--maintenance-wait-seconds': seconds,
  '--idle-seconds': seconds,
  '--drain-seconds': seconds,
  '--remove-on-exit': z.boolean(),
  NODE_NAME: required,
  NODE_ADDRESS: z.ipv4('is no IPv4 address'),
  KUBERNETES_SERVICE_HOST: required,
  KUBERNETES_SERVICE_PORT: port,
});

/** Reads flags and environment. Throws `InvalidInput` that lists every problem. An empty variable counts as absent. */
export function parseConfig({ argv, env }: ConfigSources): GatewayAgentConfig {
  const values = parseFlags(argv);
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { success, data, error } = schema.safeParse({ ...given, ...values });
  if (!success) throw cannotStart(error.issues.map(({ path: [name], message }) => `${String(name)} ${message}`).join('; '));
  return {
    logLevel: data['--log-level'],
    nodeName: data.NODE_NAME,
    nodeAddress: data.NODE_ADDRESS,
    apiServer: { host: data.KUBERNETES_SERVICE_HOST, port: data.KUBERNETES_SERVICE_PORT },
    healthPort: data['--health-port'],
    stateDirectory: data['--state-dir'],
    runDirectory: data['--run-dir'],
    tunnelDirectory: data['--tunnel-dir'],
    namespaceDirectory: data['--netns-dir'],
    cpuGroup: data['--cpu-cgroup'],
    wireguard: data['--wireguard'],
    metadataUrl: data['--metadata-url'] === 'none' ? undefined : data['--metadata-url'],
    maintenanceWaitMs: data['--maintenance-wait-seconds'] * 1000,
    idleMs: data['--idle-seconds'] * 1000,
    drainMs: data['--drain-seconds'] * 1000,
    removeOnExit: data['--remove-on-exit'],
  };
}

function parseFlags(argv: readonly string[]): Readonly<Record<string, unknown>> {
  try {
    const { values } = parseArgs({ args: [...argv], options: flags });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [`--${name}`, value]));
  } catch (error) {
    throw cannotStart(messageOf(error), error);
  }
}

function cannotStart(why: string, cause?: unknown): SegwError {
  return new SegwError('InvalidInput', `the gateway-agent cannot start: ${why}`, { cause });
}
