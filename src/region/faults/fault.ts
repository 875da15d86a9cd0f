import { z } from 'zod';
import { scheduledEventTypes } from '../metadata-service/scheduled-event.ts';

/** Which requests or operations a fault is for, and how many of them. */
const selection = {
  /**
   * A resource type or its last parts, in any case, `*` for any characters: `publicIPPrefixes`, `Microsoft.Network/*`. An action also has
   * a type of its own: `virtualMachineScaleSets/start`.
   */
  type: z.string().min(1).max(200).default('*'),
  verb: z.enum(['read', 'write', 'delete', 'action', 'any']).default('any'),
  count: z.union([z.int().min(1).max(1_000_000), z.literal('all')]).default(1),
};

const errorCode = z.string().regex(/^\w{1,80}$/, 'a code consists of at most 80 letters, digits and underscores');
const durationMs = z.int().min(1).max(600_000);
/** The computer name of an instance, `*` for any characters; or `internet`, `onprem`, `azure` (names, tokens, metadata), `any`. */
const place = z.string().min(1).max(100);

/** Its computer name, or its id. */
const instance = z.string().min(1).max(500);

/** What can be made to go wrong, as a client asks for it; defaults filled in. */
export const faultSpecSchema = z.discriminatedUnion('kind', [
  /** 429 with `Retry-After`; nothing is done. */
  z.strictObject({ kind: z.literal('throttle'), ...selection, retryAfterSeconds: z.int().min(0).max(3600).default(5) }),
  /** An error; nothing is done. */
  z.strictObject({
    kind: z.literal('fail'),
    ...selection,
    status: z.int().min(400).max(599).default(500),
    code: errorCode.default('InternalServerError'),
    message: z.string().max(500).default('The request failed because `segw fault` asked for it.'),
  }),
  /** The request waits before anything is done. */
  z.strictObject({ kind: z.literal('delay'), ...selection, durationMs }),
  /** The work is done, then the connection is cut instead of an answer. */
  z.strictObject({ kind: z.literal('lose-answer'), ...selection }),
  /** A long-running operation ends with this error before it did anything. */
  z.strictObject({ kind: z.literal('fail-operation'), ...selection, code: errorCode.default('InternalExecutionError') }),
  /** A long-running operation waits before it does anything. */
  z.strictObject({ kind: z.literal('delay-operation'), ...selection, durationMs }),
  /** No address of the prefix is free. `prefix`: its name or id, `*` for any characters. */
  z.strictObject({ kind: z.literal('exhaust'), prefix: z.string().min(1).max(500) }),
  /** Nothing passes between the two places, in either direction. */
  z.strictObject({ kind: z.literal('partition'), from: place, to: place }),
  /** This share of the packets between the two places is lost, in either direction. */
  z.strictObject({
    kind: z.literal('loss'),
    percent: z.number().min(0.01).max(100),
    from: place.default('any'),
    to: place.default('any'),
  }),
  /** The instance loses power; when the fault is cleared, it is started. */
  z.strictObject({ kind: z.literal('power-off'), instance }),
  /**
   * The metadata service announces a maintenance of the instance; it does not happen. `noticeSeconds`: default as Azure has it for the
   * event. `eventId` is the region's answer.
   */
  z.strictObject({
    kind: z.literal('maintenance'),
    instance,
    event: z.enum(scheduledEventTypes).default('Reboot'),
    noticeSeconds: z.int().min(0).max(86_400).optional(),
    eventId: z.string().max(100).optional(),
  }),
]);

export type FaultSpec = z.output<typeof faultSpecSchema>;
export type FaultKind = FaultSpec['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<FaultSpec, { kind: Kind }>;

/** A fault that is there until it is cleared or used up. */
export interface Fault {
  readonly id: number;
  readonly spec: FaultSpec;
  /** How many more times it strikes; undefined: until it is cleared. */
  readonly left: number | undefined;
  readonly hits: number;
}
