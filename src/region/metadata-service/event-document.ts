import { z } from 'zod';
import type { JsonObject, ResourceView } from '../arm/resource.ts';
import { instancesOf } from '../providers/scale-set-model.ts';
import { resourceName } from './instance-document.ts';
import type { MetadataCaller } from './metadata-caller.ts';
import { badRequest } from './metadata-error.ts';
import type { ScheduledEvent } from './scheduled-event.ts';
import type { EventsDocument } from './scheduled-events.ts';

/** `GET /metadata/scheduledevents` (version 2020-07-01). `NotBefore` is empty once an event has started. */
export function eventDocument(
  { incarnation, events }: EventsDocument,
  { scaleSet }: MetadataCaller,
  view: ResourceView,
): JsonObject {
  const instances = instancesOf(view, scaleSet.id);
  const toWire = ({ id, vmId, type, status, notBefore, description, source, durationSeconds }: ScheduledEvent): JsonObject => ({
    EventId: id.toUpperCase(),
    EventStatus: status,
    EventType: type,
    ResourceType: 'VirtualMachine',
    Resources: instances.filter(({ state }) => state.vmId === vmId).map((instance) => resourceName({ instance, scaleSet })),
    NotBefore: status === 'Started' ? '' : new Date(notBefore).toUTCString(),
    Description: description,
    EventSource: source,
    DurationInSeconds: durationSeconds,
  });
  return { DocumentIncarnation: incarnation, Events: events.map(toWire) };
}

const startSchema = z.object({
  StartRequests: z
    .array(z.object({ EventId: z.string().max(100) }))
    .min(1)
    .max(100),
});

/** Reads `{"StartRequests": [{"EventId": "..."}]}`. Throws 400. */
export function parseStartRequests(text: string): readonly string[] {
  const { success, data } = z
    .string()
    .transform((json, context) => {
      try {
        return JSON.parse(json) as unknown;
      } catch {
        context.addIssue('is not JSON');
        return z.NEVER;
      }
    })
    .pipe(startSchema)
    .safeParse(text);
  if (!success) throw badRequest('other', 'Expected {"StartRequests": [{"EventId": "..."}]} as body.');
  return data.StartRequests.map(({ EventId }) => EventId);
}
