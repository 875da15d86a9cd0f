import type { RegisterCommand } from '../command.ts';
import { type CheckedFinding, runChecks } from '../doctor/run-checks.ts';
import { ExitCode } from '../exit-code.ts';
import { outputOption, writeTable, writeValue, type OutputFormat } from '../output.ts';

const head = ['CHECK', 'STATE', 'FOUND', 'NEXT STEP'];

/** `segw doctor`: exit code 0 without errors (warnings allowed), 1 with. */
export const registerDoctor: RegisterCommand = (program, context) => {
  program
    .command('doctor')
    .description('look for everything that is known to go wrong; say the cause and the next step')
    .addOption(outputOption())
    .action(async ({ output }: { readonly output: OutputFormat }) => {
      const findings = await runChecks(context());
      if (output === 'table') writeTable(context().stdout, head, findings.map(toCells));
      else writeValue(context().stdout, output, { ok: !findings.some(isError), findings });
      if (findings.some(isError)) throw new ExitCode(1);
    });
};

function isError({ severity }: CheckedFinding): boolean {
  return severity === 'error';
}

function toCells({ check, severity, message, remedy }: CheckedFinding): readonly string[] {
  return [check, severity, message, remedy ?? ''];
}
