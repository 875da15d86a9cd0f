import { messageOf } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { failure, type Check, type Finding } from '../doctor/check.ts';
import { hostChecks } from '../doctor/host-checks.ts';
import { ExitCode } from '../exit-code.ts';
import { outputOption, writeTable, writeValue, type OutputFormat } from '../output.ts';
import type { RegisterCommand } from '../command.ts';

const head = ['CHECK', 'STATE', 'FOUND', 'NEXT STEP'];

interface Row extends Finding {
  readonly check: string;
}

/** `segw doctor`: exit code 0 without errors (warnings allowed), 1 with. */
export const registerDoctor: RegisterCommand = (program, context) => {
  program
    .command('doctor')
    .description('look for everything that is known to go wrong; say the cause and the next step')
    .addOption(outputOption())
    .action(async ({ output }: { readonly output: OutputFormat }) => {
      const rows = await Promise.all(hostChecks.map((check) => look(check, context())));
      if (output === 'table') writeTable(context().stdout, head, rows.map(toCells));
      else writeValue(context().stdout, output, { ok: !rows.some(isError), findings: rows });
      if (rows.some(isError)) throw new ExitCode(1);
    });
};

async function look(check: Check, context: Context): Promise<Row> {
  try {
    return { check: check.name, ...(await check.look(context)) };
  } catch (error) {
    return { check: check.name, ...failure(`the check itself failed: ${messageOf(error)}`, 'Please report this.') };
  }
}

function isError({ severity }: Row): boolean {
  return severity === 'error';
}

function toCells({ check, severity, message, remedy }: Row): readonly string[] {
  return [check, severity, message, remedy ?? ''];
}
