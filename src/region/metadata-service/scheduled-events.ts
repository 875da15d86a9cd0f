import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RegionDatabase } from '../arm/database.ts';
import { ArmError } from '../arm/errors.ts';
import type { ResourceView } from '../arm/resource.ts';
import { findInstance, findScaleSet, instancesOf, scaleSetIdOf } from '../providers/scale-set-model.ts';
import {
  leastNoticeSeconds,
  type ScheduledEvent,
  scheduledEventSchema,
  type ScheduledEventType,
  settleEvents,
} from './scheduled-event.ts';

export interface Announcement {
  /** `/subscriptions/.../virtualMachineScaleSets/NAME/virtualMachines/N`, in any case. */
  readonly instanceId: string;
  readonly type: ScheduledEventType;
  /** Default: now and the least notice that Azure gives for the type. */
  readonly notBefore?: Date;
  readonly description?: string;
  readonly source?: ScheduledEvent['source'];
  /** Default: -1, unknown. */
  readonly durationSeconds?: number;
}

/** What all instances of a scale set see. */
export interface EventsDocument {
  /** Grows with every change of the events. */
  readonly incarnation: number;
  readonly events: readonly ScheduledEvent[];
}

/** Announced maintenance of instances: Scheduled → Started (acknowledged, or `notBefore` is over) → gone. Kept in the database. */
export interface ScheduledEvents {
  /** Throws 404 when there is no such instance. */
  announce(announcement: Announcement): ScheduledEvent;
  /** Of all scale sets, in the order of announcement. */
  list(): readonly ScheduledEvent[];
  documentOf(scaleSetUid: string): EventsDocument;
  /** An instance of the set agrees that these events start at once; one that has started stays so. Throws 400 for an unknown id; then none is changed. */
  acknowledge(scaleSetUid: string, eventIds: readonly string[]): void;
  /** The event is over, or taken back. Absent is fine. */
  finish(eventId: string): void;
}

interface ScheduledEventsOptions {
  readonly database: RegionDatabase;
  readonly view: ResourceView;
  readonly now: () => Date;
}

export function createScheduledEvents({ database, view, now }: ScheduledEventsOptions): ScheduledEvents {
  const table = openEventTable(database);

  function settle(): void {
    const liveVmIds = new Set(instancesOf(view).map(({ state }) => state.vmId));
    const { started, gone } = settleEvents(table.all(), liveVmIds, now());
    if (started.length + gone.length === 0) return;
    database.transaction(() => {
      for (const event of started) table.start(event);
      for (const event of gone) table.remove(event);
    });
  }

  return {
    announce(announcement) {
      const event = toEvent(announcement, view, now());
      database.transaction(() => table.add(event));
      return event;
    },
    list() {
      settle();
      return table.all();
    },
    documentOf(scaleSetUid) {
      settle();
      return { incarnation: table.incarnationOf(scaleSetUid), events: ofSet(table.all(), scaleSetUid) };
    },
    acknowledge(scaleSetUid, eventIds) {
      settle();
      const events = ofSet(table.all(), scaleSetUid);
      const wanted = eventIds.map((id) => events.find((event) => event.id === id.toLowerCase()) ?? unknownEvent(id));
      database.transaction(() => {
        for (const event of wanted) if (event.status === 'Scheduled') table.start(event);
      });
    },
    finish(eventId) {
      const event = table.all().find(({ id }) => id === eventId.toLowerCase());
      if (event !== undefined) database.transaction(() => table.remove(event));
    },
  };
}

function toEvent(announcement: Announcement, view: ResourceView, now: Date): ScheduledEvent {
  const { instanceId, type, notBefore, description = '', source = 'Platform', durationSeconds = -1 } = announcement;
  const instance = findInstance(view, instanceId);
  const set = findScaleSet(view, scaleSetIdOf(instanceId));
  if (instance === undefined || set === undefined)
    throw new ArmError(404, 'ResourceNotFound', `The instance ${instanceId} was not found.`, { target: 'instanceId' });
  return {
    id: randomUUID(),
    scaleSetUid: set.state.uniqueId,
    vmId: instance.state.vmId,
    type,
    status: 'Scheduled',
    notBefore: (notBefore ?? new Date(now.getTime() + leastNoticeSeconds[type] * 1000)).toISOString(),
    description,
    source,
    durationSeconds,
  };
}

function ofSet(events: readonly ScheduledEvent[], scaleSetUid: string): readonly ScheduledEvent[] {
  return events.filter((event) => event.scaleSetUid === scaleSetUid);
}

function unknownEvent(id: string): never {
  throw new ArmError(400, 'InvalidParameter', `There is no event ${id.slice(0, 100)}.`, { target: 'StartRequests' });
}

interface EventTable {
  all(): readonly ScheduledEvent[];
  add(event: ScheduledEvent): void;
  start(event: ScheduledEvent): void;
  remove(event: ScheduledEvent): void;
  incarnationOf(scaleSetUid: string): number;
}

const firstIncarnation = 1;

/** Every write lets the document of the event's scale set grow; call it in a transaction. */
function openEventTable(database: RegionDatabase): EventTable {
  const columns = 'id, scaleSetUid, vmId, type, status, notBefore, description, source, durationSeconds';
  const select = database.query(`SELECT ${columns} FROM scheduledEvents ORDER BY sequence`, scheduledEventSchema);
  const insert = database.command(`INSERT INTO scheduledEvents (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const start = database.command("UPDATE scheduledEvents SET status = 'Started' WHERE id = ?");
  const remove = database.command('DELETE FROM scheduledEvents WHERE id = ?');
  const incarnation = database.query(
    'SELECT incarnation FROM scheduledEventDocuments WHERE scaleSetUid = ?',
    z.object({ incarnation: z.int() }),
  );
  const grow = database.command(`
    INSERT INTO scheduledEventDocuments (scaleSetUid, incarnation) VALUES (?, ${String(firstIncarnation + 1)})
    ON CONFLICT (scaleSetUid) DO UPDATE SET incarnation = incarnation + 1`);
  return {
    all: () => select.all(),
    add(event) {
      const { id, scaleSetUid, vmId, type, status, notBefore, description, source, durationSeconds } = event;
      insert(id, scaleSetUid, vmId, type, status, notBefore, description, source, durationSeconds);
      grow(scaleSetUid);
    },
    start({ id, scaleSetUid }) {
      start(id);
      grow(scaleSetUid);
    },
    remove({ id, scaleSetUid }) {
      remove(id);
      grow(scaleSetUid);
    },
    incarnationOf: (scaleSetUid) => incarnation.get(scaleSetUid)?.incarnation ?? firstIncarnation,
  };
}
