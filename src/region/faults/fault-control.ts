import { ArmError } from '../arm/errors.ts';
import type { Fault, FaultSpec } from './fault.ts';
import type { FaultEffect, FaultEffects } from './fault-effects.ts';
import type { FaultStore } from './fault-store.ts';

/** Faults as somebody who wants to see them handles them: resolves when the fault is in force, or gone. */
export interface FaultControl {
  list(): readonly Fault[];
  /** Throws 404 when it names an instance or a prefix that does not exist. */
  add(spec: FaultSpec): Promise<Fault>;
  /** Ends this one, or all of them; returns those that were ended. Throws 404 for an unknown id. */
  clear(id?: number): Promise<readonly Fault[]>;
}

export function createFaultControl(store: FaultStore, effects: FaultEffects): FaultControl {
  const effectOf = (spec: FaultSpec): FaultEffect<FaultSpec> => effects[spec.kind] ?? {};

  async function end({ id, spec }: Fault): Promise<void> {
    store.remove(id);
    const effect = effectOf(spec);
    await effect.follow?.();
    await effect.undo?.(spec);
  }

  return {
    list: () => store.list(),
    async add(spec) {
      const effect = effectOf(spec);
      const fault = store.add((await effect.prepare?.(spec)) ?? spec);
      await effect.follow?.();
      return fault;
    },
    async clear(id) {
      const ended = store.list().filter((fault) => id === undefined || fault.id === id);
      if (id !== undefined && ended.length === 0) throw new ArmError(404, 'NotFound', `There is no fault ${String(id)}.`);
      for (const fault of ended) await end(fault);
      return ended;
    },
  };
}
