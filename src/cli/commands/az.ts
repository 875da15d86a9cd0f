import { ensureAzureCli } from '../azure-cli/install.ts';
import { ensureSignedIn } from '../azure-cli/sign-in.ts';
import type { RegisterCommand } from '../command.ts';
import { isListening } from '../region-answer.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import { clientFiles } from '../region-environment.ts';

/** `segw az ...`: from the moment it starts, everything is az's own: streams, exit code, signals, `--help`. */
export const registerAz: RegisterCommand = (program, context) => {
  program
    .command('az')
    .description('the real Azure CLI, signed in to the local region (installed into the cache when first used)')
    .argument('[arguments...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: readonly string[]) => {
      const running = context();
      const { settings, stderr, env } = running;
      await ensureSignedIn(settings);
      const python = await ensureAzureCli(running);
      // Some commands of az need no region; the others end with a connection refused, after a while.
      if (!(await isListening(await readRegionCredentials(settings))))
        stderr.write('segw: the local region does not run. Start it: sudo ./segw up\n');
      const { azureConfig, caBundle } = clientFiles(settings);
      await running.become({
        file: python,
        args: ['-m', 'azure.cli', ...words],
        env: {
          ...env,
          AZURE_CONFIG_DIR: azureConfig,
          REQUESTS_CA_BUNDLE: caBundle,
          AZ_INSTALLER: 'PIP',
          // The folder where az is called holds no modules of az.
          PYTHONSAFEPATH: '1',
        },
      });
    });
};
