import { join } from 'node:path';
import { inStep } from '../../base/progress.ts';
import { createUserImages } from '../../cluster/user-images.ts';
import { callLocal } from '../aks/local-request.ts';
import type { RegisterCommand } from '../command.ts';
import { createProgress } from '../progress.ts';
import { regionPid } from '../region-processes.ts';

/** `segw image load ARCHIVE...`: there is no registry, so images reach the nodes as archives. */
export const registerImage: RegisterCommand = (program, context) => {
  const image = program.command('image').description('images on the nodes of the local region');
  image
    .command('load')
    .description('put image archives on every node, also on nodes made later (docker save, podman save --format oci-archive)')
    .argument('<archive...>')
    .action(async (archives: readonly string[]) => {
      const running = context();
      const progress = createProgress(running.stderr);
      const kept = createUserImages(join(running.settings.stateDir, 'images'));
      for (const archive of archives) {
        const images = await inStep(progress, `keep ${archive}`, () => kept.add(archive));
        for (const { reference } of images) running.stdout.write(`${reference}\n`);
      }
      if ((await regionPid(running.settings)) === undefined) return;
      await inStep(progress, 'import on the nodes', () => callLocal(running, { method: 'POST', path: '/local/images/import' }));
    });
};
