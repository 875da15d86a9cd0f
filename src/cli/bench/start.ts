import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../base/exec.ts';
import { inStep } from '../../base/progress.ts';
import type { Context } from '../context.ts';
import type { Benchmark } from './benchmark.ts';
import { toFigure } from './figure.ts';

/** E13: from nothing but a filled cache to nodes Ready, and through the whole demo. Each run is a new installation. */
export const startBenchmark: Benchmark = {
  name: 'start',
  description: 'segw up to nodes Ready, and segw demo, everything cached (E13)',
  defaultRuns: 3,
  async run(context, { runs, progress }) {
    const up: number[] = [];
    const demo: number[] = [];
    for (let index = 1; index <= runs; index += 1) {
      up.push(await inStep(progress, `segw up, run ${String(index)} of ${String(runs)}`, () => measure(context, 'up')));
      demo.push(await inStep(progress, `segw demo, run ${String(index)} of ${String(runs)}`, () => measure(context, 'demo')));
    }
    return [
      toFigure({ name: 'segw up to nodes Ready', unit: 's', target: '<= 60 on 2 cores', values: up }),
      toFigure({ name: 'segw demo', unit: 's', target: '<= 120 on 2 cores', values: demo }),
    ];
  },
};

/** Seconds of one command on an installation of its own. */
async function measure({ root, signal }: Context, command: string): Promise<number> {
  const env = { SEGW_STATE_DIR: await mkdtemp(join(tmpdir(), 'segw-bench-')) };
  const segw = join(root, 'segw');
  try {
    const beganMs = performance.now();
    await run(segw, [command], { env, signal });
    return Math.round((performance.now() - beganMs) / 10) / 100;
  } finally {
    await run(segw, ['down', '--purge'], { env });
  }
}
