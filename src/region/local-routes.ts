import { Hono } from 'hono';
import { SegwError } from '../base/error.ts';
import { ArmError } from './arm/errors.ts';
import type { ArmEnv } from './arm/arm-env.ts';
import type { InternetArrivals } from './fabric/internet-arrivals.ts';

interface LocalRoutesOptions {
  /** Puts every image on every node that runs; returns the nodes' names. */
  readonly importImages: () => Promise<readonly string[]>;
  readonly internetArrivals: () => InternetArrivals;
}

/** What only a local region can do: paths below `/local`, with the same tokens as everything else. */
export function createLocalRoutes({ importImages, internetArrivals }: LocalRoutesOptions): Hono<ArmEnv> {
  return new Hono<ArmEnv>()
    .get('/local/internet', (c) => c.json(internetArrivals()))
    .post('/local/images/import', async (c) => {
      try {
        return c.json({ nodes: await importImages() });
      } catch (error) {
        if (error instanceof SegwError) throw new ArmError(500, error.code, error.message);
        throw error;
      }
    });
}
