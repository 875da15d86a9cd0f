import type { RegisterCommand } from '../program.ts';
import { registerDoctor } from './doctor.ts';
import { registerTest } from './test.ts';

/** Every command, in the order in which help shows them. Adding one = one file and one line. */
export const commands: readonly RegisterCommand[] = [registerTest, registerDoctor];
