import { z } from 'zod';

export const scheduledEventTypes = ['Freeze', 'Reboot', 'Redeploy', 'Preempt', 'Terminate'] as const;

export type ScheduledEventType = (typeof scheduledEventTypes)[number];

/** A maintenance of one instance, as the region keeps it. */
export const scheduledEventSchema = z.object({
  id: z.string(),
  /** `properties.uniqueId` of the instance's scale set: all instances of a set see each other's events. */
  scaleSetUid: z.string(),
  /** `properties.vmId` of the instance. */
  vmId: z.string(),
  type: z.enum(scheduledEventTypes),
  status: z.enum(['Scheduled', 'Started']),
  /** ISO 8601. */
  notBefore: z.string(),
  description: z.string(),
  source: z.enum(['Platform', 'User']),
  /** How long the instance is expected to be away; -1: unknown. */
  durationSeconds: z.int(),
});

export type ScheduledEvent = z.infer<typeof scheduledEventSchema>;

/** Between the announcement and the earliest start, as Azure has it (docs, "Event scheduling"). Seconds. */
export const leastNoticeSeconds: Readonly<Record<ScheduledEventType, number>> = {
  Freeze: 900,
  Reboot: 900,
  Redeploy: 600,
  Preempt: 30,
  Terminate: 300,
};

interface Settled {
  readonly started: readonly ScheduledEvent[];
  readonly gone: readonly ScheduledEvent[];
}

/** What time alone has changed: events whose `notBefore` is over have started, and those of instances that are no more are gone. */
export function settleEvents(events: readonly ScheduledEvent[], liveVmIds: ReadonlySet<string>, now: Date): Settled {
  const isLive = ({ vmId }: ScheduledEvent): boolean => liveVmIds.has(vmId);
  const isDue = ({ status, notBefore }: ScheduledEvent): boolean =>
    status === 'Scheduled' && new Date(notBefore).getTime() <= now.getTime();
  return {
    started: events.filter((event) => isLive(event) && isDue(event)),
    gone: events.filter((event) => !isLive(event)),
  };
}
