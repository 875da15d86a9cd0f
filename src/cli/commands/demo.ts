import { Option } from 'commander';
import type { RegisterCommand } from '../command.ts';
import { runDemo, type DemoResult } from '../demo/demo.ts';
import { findProblems } from '../doctor/run-checks.ts';
import { ExitCode } from '../exit-code.ts';
import { requireRoot } from '../require-root.ts';

/** `segw demo`: everything from a bare machine to a pod with a fixed address, and a gateway that dies. The cluster stays up. */
export const registerDemo: RegisterCommand = (program, context) => {
  program
    .command('demo')
    .description(
      'set up everything, show a pod leave with a fixed address, power off its gateway, show the gap; the cluster stays up',
    )
    .addOption(
      new Option('-o, --output <format>', 'json adds one line with the figures as the last line of standard output')
        .choices(['text', 'json'])
        .default('text'),
    )
    .action(async ({ output }: { readonly output: 'text' | 'json' }) => {
      const running = context();
      requireRoot(running, 'demo');
      const result = await runDemo(running);
      const problems = await findProblems(running);
      for (const { check, message, remedy } of problems) running.stderr.write(`doctor: ${check}: ${message}. ${remedy ?? ''}\n`);
      if (problems.length > 0) throw new ExitCode(1);
      running.stdout.write(summary(result));
      if (output === 'json') running.stdout.write(`${JSON.stringify(result)}\n`);
    });
};

function summary(result: DemoResult): string {
  return `
Kubernetes ${result.clusterVersion}, prefix ${result.egressIpPrefix}, done in ${String(result.seconds)} s
  without the annotation   ${result.addressWithout}
  with the annotation      ${result.addressWith}
  after the gateway died   ${result.addressAfterFailover}, silence ${String(result.failoverSilenceMs)} ms

Try next
  eval "$(./segw env)"                                    kubectl, az and the SDKs talk to this region
  kubectl get sgc,gwvm,gws,egw,podep -A                   what the product knows
  kubectl describe sgc -n demo demo
  ./segw aks nodepool list -g segw --cluster-name segw
  ./segw down                                             ends it; ./segw up continues

`;
}
