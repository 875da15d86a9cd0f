/** Azure's names; another one counts as maintenance as well. */
export interface MaintenanceEvent {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  /** Names of all the instances that it hits. */
  readonly instances: readonly string[];
}

export interface MaintenanceFacts {
  /** Of this node. */
  readonly events: readonly MaintenanceEvent[];
  /** When each of them was seen first. */
  readonly seenAtMs: ReadonlyMap<string, number>;
  readonly nowMs: number;
  /** Whether nothing is lost when the node goes now. */
  readonly isDrained: boolean;
  /** After so long an event may begin whatever is still connected. */
  readonly waitMs: number;
}

/** Those that hit this instance and are not over. */
export function eventsOf(instance: string, events: readonly MaintenanceEvent[]): MaintenanceEvent[] {
  const name = instance.toLowerCase();
  return events.filter(
    ({ instances, status }) => status !== 'Completed' && instances.some((other) => other.toLowerCase() === name),
  );
}

/** Why a node with these events drains; `undefined`: it has none. */
export function describeEvents(events: readonly MaintenanceEvent[]): string | undefined {
  if (events.length === 0) return undefined;
  return `scheduled event ${events.map(({ type, status, id }) => `${type} (${status}, ${id})`).join(', ')}`;
}

/**
 * The ids of the events that may begin: nothing is lost any more, or they have waited long enough. One that hits other instances, too,
 * is left to its time: who agrees to it agrees for all, and does not know what they have still to do. Pure.
 */
export function eventsToStart({ events, seenAtMs, nowMs, isDrained, waitMs }: MaintenanceFacts): string[] {
  return events
    .filter(({ status, instances }) => status === 'Scheduled' && instances.length === 1)
    .filter(({ id }) => isDrained || nowMs - (seenAtMs.get(id) ?? nowMs) >= waitMs)
    .map(({ id }) => id);
}
