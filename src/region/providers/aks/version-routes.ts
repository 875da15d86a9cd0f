import { Hono } from 'hono';
import type { ArmEnv } from '../../arm/arm-env.ts';
import { minorVersion, patchVersion } from './kubernetes-version.ts';

const pattern = /^\/subscriptions\/[^/]+\/providers\/microsoft\.containerservice\/locations\/[^/]+\/kubernetesversions\/?$/i;

/** GET `.../locations/LOCATION/kubernetesVersions`, what `az aks get-versions` shows: the same in every location. */
export function createVersionRoutes(): Hono<ArmEnv> {
  const app = new Hono<ArmEnv>();
  app.get('/subscriptions/*', async (c, next) => {
    if (!pattern.test(c.req.path)) return next();
    return c.json({
      values: [
        {
          version: minorVersion,
          capabilities: { supportPlan: ['KubernetesOfficial'] },
          isDefault: true,
          isPreview: null,
          patchVersions: { [patchVersion]: { upgrades: [] } },
        },
      ],
    });
  });
  return app;
}
