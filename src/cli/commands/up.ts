import { InvalidArgumentError, Option } from 'commander';
import { definedOnly } from '../../base/defined.ts';
import { bringUp } from '../bring-up.ts';
import type { RegisterCommand } from '../command.ts';
import { requireRoot } from '../require-root.ts';

const longestRegistration = 3600;

interface UpFlags {
  readonly enableStaticEgressGateway?: boolean;
  /** Undefined when neither flag is given: what the installation chose stays. */
  readonly featureFlags?: boolean;
  readonly featureRegistrationSeconds?: number;
}

/** `segw up`: twice is once; after `down` it continues with the same state. */
export const registerUp: RegisterCommand = (program, context) => {
  program
    .command('up')
    .description('start the local region with a real Kubernetes cluster: resource group, control plane, system node pool')
    .option('--enable-static-egress-gateway', 'switch the feature on, as az aks create does with this flag')
    .option('--no-feature-flags', 'from now on static egress gateway needs no preview feature, as with newer AKS')
    .option('--feature-flags', 'from now on it needs its preview feature again, as a new region does')
    .addOption(
      new Option(
        '--feature-registration-seconds <n>',
        'how long az feature register takes from now on; 20 in a new region',
      ).argParser(parseSeconds),
    )
    .action(async ({ enableStaticEgressGateway = false, featureFlags, featureRegistrationSeconds }: UpFlags) => {
      const running = context();
      requireRoot(running, 'up');
      const choice = definedOnly({ areNeeded: featureFlags, registrationSeconds: featureRegistrationSeconds });
      await bringUp(running, { enableStaticEgressGateway, featureFlags: choice });
      running.stderr.write('The cluster is up. Next: eval "$(./segw env)" && kubectl get nodes\n');
    });
};

function parseSeconds(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) > longestRegistration)
    throw new InvalidArgumentError('It is a number from 0 to 3600.');
  return Number(text);
}
