import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { spreads } from '../api/names.ts';
import { parseCidr, type Cidr } from '../base/addresses.ts';
import { messageOf, SegwError } from '../base/error.ts';
import type { LogLevel } from '../base/log.ts';
import type { Spread } from '../dataplane/model.ts';
import type { GivenNetworks } from './cluster-networks.ts';
import { spreadOf } from './spread-annotation.ts';

export interface WorkerAgentConfig {
  readonly nodeName: string;
  readonly nodeAddress: string;
  /** For events. */
  readonly podName: string;
  readonly apiServer: { readonly host: string; readonly port: number };
  readonly stateDirectory: string;
  /** Where tunnel-host is told which devices are wanted. */
  readonly tunnelDirectory: string;
  readonly cniSocket: string;
  /** The plugin in the image. */
  readonly plugin: string;
  readonly cniBinDirectory: string;
  readonly cniConfigurationDirectory: string;
  readonly healthPort: number;
  /** The node's own cpu cgroup (version 1), for threads that get real-time priority; need not be there. */
  readonly cpuGroup: string;
  /** How long an ADD waits for operator and gateways. */
  readonly addLimitMs: number;
  readonly networks: GivenNetworks;
  /** How connections are spread where a StaticGatewayConfiguration's annotation does not say. */
  readonly spread: Spread;
  readonly logLevel: LogLevel;
}

interface Given {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

const options = {
  'state-dir': { type: 'string', default: '/var/lib/segw' },
  'tunnel-dir': { type: 'string', default: '/run/segw/tunnels' },
  'cni-socket': { type: 'string', default: '/run/segw/cni.sock' },
  plugin: { type: 'string', default: '/usr/local/lib/segw/cni/static-egress-gateway' },
  'cni-bin-dir': { type: 'string', default: '/opt/cni/bin' },
  'cni-conf-dir': { type: 'string', default: '/etc/cni/net.d' },
  'health-port': { type: 'string', default: '9631' },
  'cpu-cgroup': { type: 'string', default: '/host/cgroup/cpu' },
  'add-limit-seconds': { type: 'string', default: '20' },
  'node-cidrs': { type: 'string' },
  'pod-cidrs': { type: 'string' },
  'service-cidrs': { type: 'string' },
  spread: { type: 'string', default: 'perPod' },
  'log-level': { type: 'string', default: 'info' },
} as const;

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** Reads flags, and from the environment what the pod's manifest sets. Throws `InvalidInput` that lists every problem. */
export function parseConfig({ argv, env }: Given): WorkerAgentConfig {
  const flags = parseFlags(argv);
  const problems: string[] = [];
  const required = (name: string): string => env[name] || note(problems, `${name} is not set`, '');
  const whole = (name: string, text: string): number =>
    /^[0-9]{1,6}$/.test(text) ? Number(text) : note(problems, `${name}: "${text}" is not a number`, 0);
  const nodeAddress = required('NODE_ADDRESS');
  if (nodeAddress !== '' && !isIPv4(nodeAddress)) problems.push(`NODE_ADDRESS: "${nodeAddress}" is not an IPv4 address`);
  const logLevel = logLevels.find((level) => level === flags['log-level']);
  if (!logLevel) problems.push(`--log-level: "${flags['log-level']}" is none of ${logLevels.join(', ')}`);
  const spread = spreadOf(flags.spread);
  if (!spread) problems.push(`--spread: "${flags.spread}" is none of ${spreads.join(', ')}`);
  const config: WorkerAgentConfig = {
    nodeName: required('NODE_NAME'),
    nodeAddress,
    podName: required('POD_NAME'),
    apiServer: {
      host: required('KUBERNETES_SERVICE_HOST'),
      port: whole('KUBERNETES_SERVICE_PORT', env['KUBERNETES_SERVICE_PORT'] ?? '443'),
    },
    stateDirectory: flags['state-dir'],
    tunnelDirectory: flags['tunnel-dir'],
    cniSocket: flags['cni-socket'],
    plugin: flags.plugin,
    cniBinDirectory: flags['cni-bin-dir'],
    cniConfigurationDirectory: flags['cni-conf-dir'],
    healthPort: whole('--health-port', flags['health-port']),
    cpuGroup: flags['cpu-cgroup'],
    addLimitMs: whole('--add-limit-seconds', flags['add-limit-seconds']) * 1000,
    networks: parseNetworks(flags, problems),
    spread: spread ?? 'perPod',
    logLevel: logLevel ?? 'info',
  };
  if (problems.length > 0) throw new SegwError('InvalidInput', `worker-agent: ${problems.join('; ')}`);
  return config;
}

type Flags = ReturnType<typeof parseFlags>;

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new SegwError('InvalidInput', `worker-agent: ${messageOf(error)}`, { cause: error });
  }
}

function parseNetworks(flags: Flags, problems: string[]): GivenNetworks {
  const of = (name: 'node-cidrs' | 'pod-cidrs' | 'service-cidrs'): readonly Cidr[] | undefined =>
    flags[name]?.split(',').flatMap((text) => parseNetwork(text.trim(), `--${name}`, problems));
  const [nodes, pods, services] = [of('node-cidrs'), of('pod-cidrs'), of('service-cidrs')];
  return { ...(nodes && { nodes }), ...(pods && { pods }), ...(services && { services }) };
}

function parseNetwork(text: string, flag: string, problems: string[]): Cidr[] {
  try {
    return [parseCidr(text, flag)];
  } catch (error) {
    return note(problems, messageOf(error), []);
  }
}

function note<T>(problems: string[], problem: string, instead: T): T {
  problems.push(problem);
  return instead;
}

/** The files that the agent keeps on its node. */
export function stateFiles({ stateDirectory }: Pick<WorkerAgentConfig, 'stateDirectory'>) {
  return {
    key: join(stateDirectory, 'worker.key'),
    pods: join(stateDirectory, 'attached.json'),
    surroundings: join(stateDirectory, 'surroundings.json'),
    verdicts: join(stateDirectory, 'verdicts.json'),
  } as const;
}
