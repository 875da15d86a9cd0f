import { pollUntil } from '../../base/poll.ts';
import { definedOnly } from '../../base/defined.ts';
import { ArmError } from '../arm/errors.ts';
import { parseResourceId, sameId } from '../arm/ids.ts';
import type { ResourceManager } from '../arm/resource-manager.ts';
import type { ResourceView } from '../arm/resource.ts';
import { desiredNetwork } from '../desired-network.ts';
import type { ScheduledEvents } from '../metadata-service/scheduled-events.ts';
import { publicIpPrefixesOf } from '../providers/public-ip-model.ts';
import { instancesOf, type StoredInstance } from '../providers/scale-set-model.ts';
import type { RegionNetwork } from '../providers/world.ts';
import type { FaultKind, FaultOf, FaultSpec } from './fault.ts';
import type { FaultStore } from './fault-store.ts';
import { matchesGlob } from './glob.ts';
import { isFixedPlace, machinesAt } from './link-losses.ts';

/** What a fault of one kind does beyond being in the list. */
export interface FaultEffect<Spec extends FaultSpec> {
  /** Before it is listed: refuses it (ArmError), or brings it about and returns it as it is to be listed. */
  prepare?(spec: Spec): Spec | Promise<Spec>;
  /** After each change of the list: makes the world follow. */
  follow?(): void | Promise<void>;
  /** After it was taken from the list. */
  undo?(spec: Spec): void | Promise<void>;
}

export type FaultEffects = { readonly [Kind in FaultKind]?: FaultEffect<FaultOf<Kind>> };

export interface FaultEffectsOptions {
  readonly store: FaultStore;
  readonly manager: ResourceManager;
  readonly network: RegionNetwork;
  readonly events: Pick<ScheduledEvents, 'announce' | 'finish'>;
  readonly now: () => Date;
}

const powerTimeoutMs = 60_000;

export function createFaultEffects({ store, manager, network, events, now }: FaultEffectsOptions): FaultEffects {
  const view = manager.store;
  const links = {
    prepare<Spec extends FaultOf<'partition' | 'loss'>>(spec: Spec): Spec {
      checkPlaces(spec, view);
      return spec;
    },
    follow: async () => network.apply(),
  };
  return {
    exhaust: exhaustion(store, manager),
    partition: links,
    loss: links,
    'power-off': {
      async prepare(spec) {
        const instance = requireInstance(view, spec.instance);
        await act(manager, instance, 'powerOff');
        return { ...spec, instance: instance.state.computerName };
      },
      async undo({ instance: name }) {
        const instance = findInstance(view, name);
        if (instance !== undefined) await act(manager, instance, 'start');
      },
    },
    maintenance: {
      prepare(spec) {
        const { event: type, noticeSeconds } = spec;
        const { id: instanceId, state } = requireInstance(view, spec.instance);
        const notBefore = noticeSeconds === undefined ? undefined : new Date(now().getTime() + noticeSeconds * 1000);
        const { id: eventId } = events.announce({ instanceId, type, ...definedOnly({ notBefore }) });
        return { ...spec, instance: state.computerName, eventId };
      },
      undo({ eventId }) {
        if (eventId !== undefined) events.finish(eventId);
      },
    },
  };
}

/** A prefix says itself that it is exhausted, so that what gives out its addresses need not know of faults. */
function exhaustion(store: FaultStore, { store: resources }: ResourceManager): FaultEffect<FaultOf<'exhaust'>> {
  return {
    prepare(spec) {
      const prefixes = publicIpPrefixesOf(resources);
      if (!prefixes.some((prefix) => meansPrefix(spec, prefix)))
        throw unknown(
          'public IP prefix',
          spec.prefix,
          prefixes.map(({ name }) => name),
        );
      return spec;
    },
    follow() {
      const faults = store.list().flatMap(({ spec }) => (spec.kind === 'exhaust' ? [spec] : []));
      for (const prefix of publicIpPrefixesOf(resources)) {
        const isExhausted = faults.some((fault) => meansPrefix(fault, prefix));
        if (isExhausted !== (prefix.state.isExhausted ?? false))
          resources.put({ ...prefix, state: { ...prefix.state, isExhausted } });
      }
    },
  };
}

function meansPrefix(
  { prefix: glob }: FaultOf<'exhaust'>,
  { id, name }: { readonly id: string; readonly name: string },
): boolean {
  return matchesGlob(glob, name) || matchesGlob(glob, id);
}

function findInstance(view: ResourceView, name: string): StoredInstance | undefined {
  return instancesOf(view).find(({ id, state }) => state.computerName === name || sameId(id, name));
}

function requireInstance(view: ResourceView, name: string): StoredInstance {
  const instance = findInstance(view, name);
  if (instance !== undefined) return instance;
  throw unknown(
    'instance',
    name,
    instancesOf(view).map(({ state }) => state.computerName),
  );
}

/** The instance's own action, so that the region knows that it is off. Resolves at its end. */
async function act(manager: ResourceManager, { id }: StoredInstance, action: 'powerOff' | 'start'): Promise<void> {
  const outcome = await manager.act(parseResourceId(id, 'id'), action, { body: undefined, query: { skipShutdown: 'true' } });
  if ('reply' in outcome) return;
  const { operation } = outcome;
  const { error } = await pollUntil(
    `${action} of ${id}`,
    () => {
      const current = manager.operation(operation.id) ?? operation;
      return current.status === 'InProgress' ? undefined : current;
    },
    { timeoutMs: powerTimeoutMs, intervalMs: 20 },
  );
  if (error !== undefined) throw new ArmError(409, error.code, error.message);
}

function checkPlaces({ from, to }: FaultOf<'partition' | 'loss'>, view: ResourceView): void {
  const state = desiredNetwork(view, () => true);
  for (const place of [from, to])
    if (!isFixedPlace(place) && machinesAt(place, state).length === 0)
      throw unknown('instance', place, [...machinesAt('*', state), 'internet', 'onprem', 'azure', 'any']);
  const areOutside = [from, to].every((place) => place === 'internet' || place === 'onprem');
  if (areOutside || (from === 'azure' && to === 'azure'))
    throw new ArmError(400, 'InvalidParameter', `No packet passes a router of this region between ${from} and ${to}.`);
}

const listedNames = 20;

function unknown(what: string, name: string, known: readonly string[]): ArmError {
  const list = known.length === 0 ? 'there is none' : `there are: ${known.slice(0, listedNames).join(', ')}`;
  return new ArmError(404, 'NotFound', `The region has no ${what} '${name}'; ${list}.`);
}
