import { parseArgs } from 'node:util';
import { z } from 'zod';
import { messageOf, SegwError } from '../base/error.ts';

export interface GatewayGuardConfig {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly nodeName: string;
  readonly apiServer: { readonly host: string; readonly port: number };
  /** Where health is served, on every address of the pod. */
  readonly healthPort: number;
  /** The node is held back no longer than this. The pod's `terminationGracePeriodSeconds` must be longer. */
  readonly limitMs: number;
}

interface ConfigSources {
  /** Without the program and its file. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

const flags = {
  'log-level': { type: 'string', default: 'info' },
  'health-port': { type: 'string', default: '8081' },
  'limit-seconds': { type: 'string', default: '300' },
} as const;

const port = z.coerce.number('is not a port').int('is not a port').min(1, 'is not a port').max(65_535, 'is not a port');
const required = z.string('is missing').min(1, 'is missing');
const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

const schema = z.object({
  '--log-level': z.enum(logLevels, `is none of ${logLevels.join(', ')}`),
  '--health-port': port,
  '--limit-seconds': z.coerce.number('is not a number of seconds').min(0, 'is negative').max(86_400, 'is more than a day'),
  NODE_NAME: required,
  KUBERNETES_SERVICE_HOST: required,
  KUBERNETES_SERVICE_PORT: port,
});

/** Reads flags and environment. Throws `InvalidInput` that lists every problem. An empty variable counts as absent. */
export function parseConfig({ argv, env }: ConfigSources): GatewayGuardConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { success, data, error } = schema.safeParse({ ...given, ...parseFlags(argv) });
  if (!success) throw cannotStart(error.issues.map(({ path: [name], message }) => `${String(name)} ${message}`).join('; '));
  return {
    logLevel: data['--log-level'],
    nodeName: data.NODE_NAME,
    apiServer: { host: data.KUBERNETES_SERVICE_HOST, port: data.KUBERNETES_SERVICE_PORT },
    healthPort: data['--health-port'],
    limitMs: data['--limit-seconds'] * 1000,
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
  return new SegwError('InvalidInput', `the gateway-guard cannot start: ${why}`, { cause });
}
