import { inStep } from '../../../base/progress.ts';
import { parseInteger } from '../../aks/aks-options.ts';
import { callLocal } from '../../aks/local-request.ts';
import type { RegisterCommand } from '../../command.ts';
import { parseFaultList, writeFaults } from '../../fault/fault-table.ts';
import { outputOption, type OutputFormat } from '../../output.ts';
import { createProgress } from '../../progress.ts';

/** `segw fault clear [ID...]`: links carry again, instances start, prefixes give addresses. Shows what was ended. */
export const registerClear: RegisterCommand = (program, context) => {
  program
    .command('clear')
    .description('end faults; without an id all of them')
    .argument('[id...]', 'as `segw fault list` shows it', collectIds)
    .addOption(outputOption())
    .action(async (ids: readonly number[], { output }: { readonly output: OutputFormat }) => {
      const running = context();
      const paths = ids.length === 0 ? ['/local/faults'] : ids.map((id) => `/local/faults/${String(id)}`);
      const answers = await inStep(createProgress(running.stderr), 'end faults', async () => {
        const all: unknown[] = [];
        for (const path of paths) all.push(await callLocal(running, { method: 'DELETE', path }));
        return all;
      });
      writeFaults(running.stdout, output, answers.flatMap(parseFaultList));
    });
};

function collectIds(text: string, before: readonly number[] | undefined): readonly number[] {
  return [...(before ?? []), parseInteger(text)];
}
