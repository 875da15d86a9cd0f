import { ensureSignedIn } from '../azure-cli/sign-in.ts';
import { regionEnvironment } from '../region-environment.ts';
import type { RegisterCommand } from '../command.ts';

/** `eval "$(./segw env)"` makes kubectl, az, the Azure SDKs and `segw aks` talk to the local region. */
export const registerEnv: RegisterCommand = (program, context) => {
  program
    .command('env')
    .description('print shell exports: kubeconfig, cloud endpoints, CA bundle, credentials, PATH with kubectl')
    .action(async () => {
      const { stdout, settings, env } = context();
      await ensureSignedIn(settings);
      const variables = await regionEnvironment(settings, env['PATH'] ?? '');
      for (const [name, value] of Object.entries(variables)) stdout.write(`export ${name}=${quote(value)}\n`);
    });
};

function quote(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
