import { Hono } from 'hono';
import type { ArmEnv } from '../arm/arm-env.ts';
import { ArmError, parseBody } from '../arm/errors.ts';
import type { JsonObject } from '../arm/resource.ts';
import { type Fault, faultSpecSchema } from './fault.ts';
import { createFaultControl, type FaultControl } from './fault-control.ts';
import { createFaultEffects, type FaultEffectsOptions } from './fault-effects.ts';
import { createRequestFaults } from './request-faults.ts';

/** The management of faults, and what makes requests fail: to be asked before every other route. */
export function faultRoutes(options: FaultEffectsOptions): readonly Hono<ArmEnv>[] {
  const control = createFaultControl(options.store, createFaultEffects(options));
  return [createManagement(control), createRequestFaults(options.store)];
}

/** `/local/faults`: GET lists, POST adds one, DELETE ends all; DELETE of `/local/faults/ID` ends one. */
function createManagement(control: FaultControl): Hono<ArmEnv> {
  const app = new Hono<ArmEnv>();
  app.get('/local/faults', (c) => c.json(toList(control.list())));
  app.post('/local/faults', async (c) => {
    const fault = await control.add(parseBody(faultSpecSchema, parseJson(await c.req.text())));
    return c.json(toWire(fault), 201);
  });
  app.delete('/local/faults', async (c) => c.json(toList(await control.clear())));
  app.delete('/local/faults/:id', async (c) => {
    const id = c.req.param('id');
    if (!/^\d{1,15}$/.test(id)) throw new ArmError(404, 'NotFound', `There is no fault '${id.slice(0, 50)}'.`);
    return c.json(toList(await control.clear(Number(id))));
  });
  return app;
}

function toList(faults: readonly Fault[]): JsonObject {
  return { value: faults.map(toWire) };
}

function toWire({ id, spec, left, hits }: Fault): JsonObject {
  const wire: JsonObject = { id, ...spec, hits, ...('count' in spec ? { left: left ?? 'all' } : {}) };
  return wire;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ArmError(400, 'InvalidRequestContent', 'The request content is not JSON.', { cause: error });
  }
}
