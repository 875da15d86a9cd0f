import type { RegisterCommand } from '../command.ts';
import { registerAks } from './aks/aks.ts';
import { registerAz } from './az.ts';
import { registerBench } from './bench.ts';
import { registerDemo } from './demo.ts';
import { registerDoctor } from './doctor.ts';
import { registerDown } from './down.ts';
import { registerEnv } from './env.ts';
import { registerExec } from './exec.ts';
import { registerFault } from './fault/fault.ts';
import { registerImage } from './image.ts';
import { registerRegion } from './region/region.ts';
import { registerStatus } from './status.ts';
import { registerUp } from './up.ts';
import { registerTest } from './test.ts';

/** Every command, in the order in which help shows them. Adding one = one file and one line. */
export const commands: readonly RegisterCommand[] = [
  registerDemo,
  registerUp,
  registerDown,
  registerStatus,
  registerEnv,
  registerAks,
  registerAz,
  registerExec,
  registerImage,
  registerFault,
  registerRegion,
  registerDoctor,
  registerTest,
  registerBench,
];
