import { SegwError } from '../../base/error.ts';
import { exists } from '../../base/files.ts';
import { ensureSignedIn } from '../azure-cli/sign-in.ts';
import type { RegisterCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { addressOfProcess, hostsLine } from '../public-names/hosts.ts';
import { inOwnMounts } from '../public-names/own-mounts.ts';
import { startRelay } from '../public-names/relay-process.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import { clientFiles, regionEnvironment, systemBundle } from '../region-environment.ts';
import { regionPid } from '../region-processes.ts';
import { requireRoot } from '../require-root.ts';

/** `segw exec -- COMMAND`: the command takes the place of this process, with its id, streams, signals and exit code. */
export const registerExec: RegisterCommand = (program, context) => {
  program
    .command('exec')
    .description("run a command for which the public cloud's host names lead to the local region, and which trusts it")
    .argument('<command...>')
    .passThroughOptions()
    .action(async (command: readonly string[]) => {
      const running = context();
      requireRoot(running, 'exec');
      await becomeCommand(running, command);
    });
};

async function becomeCommand({ settings, root, env, become }: Context, command: readonly string[]): Promise<void> {
  if ((await regionPid(settings)) === undefined) throw new SegwError('RegionMissing', 'the local region does not run');
  await ensureSignedIn(settings);
  const { armEndpoint } = await readRegionCredentials(settings);
  const address = addressOfProcess(process.pid);
  await startRelay(root, { address, armPort: Number(new URL(armEndpoint).port) }, process.pid);
  const { caBundle } = clientFiles(settings);
  const mounts = {
    hostsLine: hostsLine(address),
    caBundle,
    systemBundle: (await exists(systemBundle)) ? systemBundle : caBundle,
  };
  await become({
    file: '/usr/bin/env',
    args: inOwnMounts(mounts, command),
    env: {
      ...env,
      ...(await regionEnvironment(settings, env['PATH'] ?? '')),
      ...publicCloud,
      ...trust(mounts.systemBundle),
    },
  });
}

/** The command shall believe that it talks to the public cloud. */
const publicCloud = { SEGW_ARM_ENDPOINT: undefined, SEGW_CA_FILE: undefined, AZURE_AUTHORITY_HOST: undefined };

/** For programs that bring a list of authorities of their own: OpenSSL's and Go's, Python's, Node's. */
function trust(bundle: string): Readonly<Record<string, string>> {
  return { SSL_CERT_FILE: bundle, REQUESTS_CA_BUNDLE: bundle, NODE_EXTRA_CA_CERTS: bundle };
}
