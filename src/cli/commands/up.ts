import { bringUp } from '../bring-up.ts';
import type { RegisterCommand } from '../command.ts';
import { requireRoot } from '../require-root.ts';

/** `segw up`: twice is once; after `down` it continues with the same state. */
export const registerUp: RegisterCommand = (program, context) => {
  program
    .command('up')
    .description('start the local region with a real Kubernetes cluster: resource group, control plane, system node pool')
    .option('--enable-static-egress-gateway', 'switch the feature on, as az aks create does with this flag')
    .action(async ({ enableStaticEgressGateway = false }: { readonly enableStaticEgressGateway?: boolean }) => {
      const running = context();
      requireRoot(running, 'up');
      await bringUp(running, { enableStaticEgressGateway });
      running.stderr.write('The cluster is up. Next: eval "$(./segw env)" && kubectl get nodes\n');
    });
};
