import { callLocal } from '../../aks/local-request.ts';
import type { RegisterCommand } from '../../command.ts';
import { parseFaultList, writeFaults } from '../../fault/fault-table.ts';
import { outputOption, type OutputFormat } from '../../output.ts';

/** `segw fault list`: what is in force; what was used up is gone. */
export const registerList: RegisterCommand = (program, context) => {
  program
    .command('list')
    .description('show the faults that are in force')
    .addOption(outputOption())
    .action(async ({ output }: { readonly output: OutputFormat }) => {
      const answer = await callLocal(context(), { method: 'GET', path: '/local/faults' });
      writeFaults(context().stdout, output, parseFaultList(answer));
    });
};
