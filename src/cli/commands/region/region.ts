import type { RegisterCommand } from '../../command.ts';
import { registerLog } from './log.ts';

const verbs: readonly RegisterCommand[] = [registerLog];

/** `segw region` */
export const registerRegion: RegisterCommand = (program, context) => {
  const region = program.command('region').description('what the local region does');
  for (const register of verbs) register(region, context);
};
