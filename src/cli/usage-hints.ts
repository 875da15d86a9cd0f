import type { Command } from 'commander';

/** After a wrong command line: what is allowed there, and which help explains it. */
export function addUsageHints(command: Command, path: string): void {
  const names = command.commands.map((child) => child.name());
  command.showHelpAfterError(
    names.length === 0
      ? `(${path} --help lists its arguments and flags)`
      : `(allowed: ${names.join(', ')}; ${path} --help explains them)`,
  );
  for (const child of command.commands) addUsageHints(child, `${path} ${child.name()}`);
}
