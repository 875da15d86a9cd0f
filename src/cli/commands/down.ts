import { inStep } from '../../base/progress.ts';
import { createProgress } from '../progress.ts';
import type { RegisterCommand } from '../command.ts';
import { stopRegion } from '../region-process.ts';
import { requireRoot } from '../require-root.ts';
import { deleteState } from '../state-folder.ts';

/** `segw down`: twice is once; also after a crash of everything. */
export const registerDown: RegisterCommand = (program, context) => {
  program
    .command('down')
    .description('end the local region: no process, namespace, mount, link or cgroup is left')
    .option('--purge', 'delete its state, too: clusters, disks, keys')
    .action(async ({ purge = false }: { readonly purge?: boolean }) => {
      const running = context();
      requireRoot(running, 'down');
      const progress = createProgress(running.stderr);
      await inStep(progress, 'end the local region', () => stopRegion(running));
      if (purge) await inStep(progress, `delete ${running.settings.stateDir}`, () => deleteState(running.settings));
    });
};
