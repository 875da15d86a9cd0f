import { createServer } from 'node:net';
import { hasErrno, messageOf } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { regionPid } from '../region-processes.ts';
import { portsPerInstallation } from '../settings.ts';
import { failure, ok, type Finding } from './check.ts';

/** The ports of the installation: its region's, or free. */
export async function checkPorts({ settings }: Pick<Context, 'settings'>): Promise<Finding> {
  const first = settings.armPort;
  const range = `${String(first)} to ${String(first + portsPerInstallation - 1)}`;
  if ((await regionPid(settings)) !== undefined) return ok(`ports ${range} are the region's`);
  const ports = Array.from({ length: portsPerInstallation }, (_, index) => first + index);
  const problems = await Promise.all(ports.map(problemOf));
  const taken = ports.filter((_, index) => problems[index] !== undefined);
  if (taken.length === 0) return ok(`ports ${range} are free for the region`);
  return failure(
    `port ${taken.join(', ')} of 127.0.0.1 is taken: ${problems.find((problem) => problem !== undefined) ?? ''}`,
    'End the program that holds it (`ss -ltnp` names it), or set SEGW_PORT to another first port of 16.',
  );
}

async function problemOf(port: number): Promise<string | undefined> {
  try {
    await new Promise<void>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
    });
    return undefined;
  } catch (error) {
    return hasErrno(error, 'EADDRINUSE') ? 'another program listens on it' : messageOf(error);
  }
}
