import { closeSync, openSync } from 'node:fs';
import { messageOf } from '../base/error.ts';
import { createLogger } from '../base/log.ts';
import { ensureWireguardGo } from '../linux/wireguard/userspace.ts';
import { parseConfig, type TunnelHostConfig } from '../tunnel-host/config.ts';
import { startTunnelHost } from '../tunnel-host/tunnel-host.ts';
import { logPath } from '../tunnel-host/tunnel-files.ts';

try {
  run(parseConfig({ argv: process.argv.slice(2) }));
} catch (error) {
  process.stderr.write(`tunnel-host: ${messageOf(error)}\n`);
  process.exitCode = 2;
}

function run(config: TunnelHostConfig): void {
  const log = createLogger('tunnel-host', { level: config.logLevel });
  const host = startTunnelHost({ ...config, log, start: (device) => start(config, device) });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void host.stop());
  log.info(config, 'tunnel-host runs');
}

/** To a file, not to our own output: a process that outlives us would end at its next line. */
async function start({ directory, wireguardGo: binary }: TunnelHostConfig, name: string): Promise<number | undefined> {
  const logDescriptor = openSync(logPath(directory, name), 'w');
  try {
    return await ensureWireguardGo({ binary, name, logDescriptor });
  } finally {
    closeSync(logDescriptor);
  }
}
