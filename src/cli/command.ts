import type { Command } from 'commander';
import type { Context } from './context.ts';

/** A row of the command table: adds itself to the program. `context` is asked only when the command runs. */
export type RegisterCommand = (program: Command, context: () => Context) => void;
