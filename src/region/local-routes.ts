import { Hono } from 'hono';
import { SegwError } from '../base/error.ts';
import { ArmError } from './arm/errors.ts';
import type { ArmEnv } from './arm/arm-env.ts';

interface LocalRoutesOptions {
  /** Puts every image on every node that runs; returns the nodes' names. */
  readonly importImages: () => Promise<readonly string[]>;
}

/** What only a local region can do: paths below `/local`, with the same tokens as everything else. */
export function createLocalRoutes({ importImages }: LocalRoutesOptions): Hono<ArmEnv> {
  return new Hono<ArmEnv>().post('/local/images/import', async (c) => {
    try {
      return c.json({ nodes: await importImages() });
    } catch (error) {
      if (error instanceof SegwError) throw new ArmError(500, error.code, error.message);
      throw error;
    }
  });
}
