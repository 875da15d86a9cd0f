import { Command, CommanderError } from 'commander';
import { messageOf, SegwError } from '../base/error.ts';
import { commands } from './commands/table.ts';
import type { Context } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { parseSettings } from './settings.ts';

/**
 * Runs one command line and returns the exit code: 0 done, 1 failed, 2 wrong usage. An error is printed as what happened, then what
 * to do; nothing is printed twice.
 */
export async function runProgram(argv: readonly string[], host: Omit<Context, 'settings'>): Promise<number> {
  const program = new Command('segw')
    .description('Static egress gateway for Kubernetes: fixed source addresses for the pods that ask for them')
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.stdout.write(text), writeErr: (text) => host.stderr.write(text) })
    .showHelpAfterError('(segw --help lists the commands and their flags)')
    .enablePositionalOptions();
  try {
    const context: Context = { ...host, settings: parseSettings(host.env) };
    for (const register of commands) register(program, () => context);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    return reportError(error, host);
  }
}

function reportError(error: unknown, { stderr, env }: Pick<Context, 'stderr' | 'env'>): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed it
  if (error instanceof ExitCode) return error.code;
  stderr.write(`segw: ${messageOf(error)}\n`);
  if (error instanceof SegwError) stderr.write(`  ${error.remedy} [${error.code}]\n`);
  if (env['SEGW_DEBUG'] !== undefined && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
  return error instanceof SegwError && error.code === 'InvalidInput' ? 2 : 1;
}
