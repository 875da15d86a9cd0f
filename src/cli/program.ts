import { Command, CommanderError } from 'commander';
import { messageOf, SegwError } from '../base/error.ts';
import { commands } from './commands/table.ts';
import type { Context } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { toHostFault } from './host-fault.ts';
import { parseSettings, type Settings } from './settings.ts';
import { addUsageHints } from './usage-hints.ts';

type Host = Omit<Context, 'settings'>;

/**
 * Runs one command line and returns the exit code: 0 done, 1 failed, 2 wrong usage. An error is printed as what happened, then what
 * to do; nothing is printed twice. The variables of the environment are looked at by the commands that need them: help always works.
 */
export async function runProgram(argv: readonly string[], host: Host): Promise<number> {
  const program = new Command('segw')
    .description('Static egress gateway for Kubernetes: fixed source addresses for the pods that ask for them')
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.stdout.write(text), writeErr: (text) => host.stderr.write(text) })
    .enablePositionalOptions();
  let settings: Settings | undefined;
  const context = (): Context => ({ ...host, settings: (settings ??= parseSettings(host.env)) });
  for (const register of commands) register(program, context);
  addUsageHints(program, 'segw');
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    return reportError(settings === undefined ? error : toHostFault(error, settings), host);
  }
}

function reportError(error: unknown, { stderr, env, signal }: Host): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed it
  if (error instanceof ExitCode) return error.code;
  if (signal.aborted) {
    stderr.write(`segw: ${messageOf(signal.reason)}\n  Run the same command again to continue.\n`);
    return 1;
  }
  stderr.write(`segw: ${messageOf(error)}\n`);
  if (error instanceof SegwError) stderr.write(`  ${error.remedy} [${error.code}]\n`);
  if (env['SEGW_DEBUG'] !== undefined && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
  return error instanceof SegwError && error.code === 'InvalidInput' ? 2 : 1;
}
