import type { RegisterCommand } from '../../command.ts';
import { registerAdd } from './add.ts';
import { registerClear } from './clear.ts';
import { registerList } from './list.ts';

const verbs: readonly RegisterCommand[] = [registerAdd, registerList, registerClear];

/** `segw fault`: lets the local region fail in the ways in which a cloud fails. */
export const registerFault: RegisterCommand = (program, context) => {
  const fault = program.command('fault').description('let requests, operations, instances and links of the local region fail');
  for (const register of verbs) register(fault, context);
};
