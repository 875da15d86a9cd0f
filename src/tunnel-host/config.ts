import { parseArgs } from 'node:util';
import { SegwError, messageOf } from '../base/error.ts';
import type { LogLevel } from '../base/log.ts';

export interface TunnelHostConfig {
  /** Where agents say which devices they want, and where records of the processes lie. */
  readonly directory: string;
  /** Path of the program. */
  readonly wireguardGo: string;
  readonly logLevel: LogLevel;
}

const options = {
  directory: { type: 'string', default: '/run/segw/tunnels' },
  'wireguard-go': { type: 'string', default: '/usr/local/bin/wireguard-go' },
  'log-level': { type: 'string', default: 'info' },
} as const;

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** `argv`: without the program. Throws `InvalidInput` that names every problem. */
export function parseConfig({ argv }: { readonly argv: readonly string[] }): TunnelHostConfig {
  const { directory, 'wireguard-go': wireguardGo, 'log-level': level } = parseFlags(argv);
  const logLevel = logLevels.find((known) => known === level);
  const problems = [
    ...Object.entries({ directory, 'wireguard-go': wireguardGo })
      .filter(([, path]) => !path.startsWith('/'))
      .map(([flag, path]) => `--${flag}: "${path}" is not an absolute path`),
    ...(logLevel ? [] : [`--log-level: "${level}" is none of ${logLevels.join(', ')}`]),
  ];
  if (!logLevel || problems.length > 0) throw new SegwError('InvalidInput', problems.join('\n'));
  return { directory, wireguardGo, logLevel };
}

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new SegwError('InvalidInput', messageOf(error), { cause: error });
  }
}
