import { randomUUID } from 'node:crypto';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { isError } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { systemClock, type Clock } from './clock.ts';
import { EventSeries, type EventSeriesTiming, type SeriesStep } from './event-series.ts';
import { toMicroTime } from './lease.ts';
import type { KubeObject } from './object.ts';
import { apiVersionOf, type ResourceKind } from './resource.ts';

/** `events.k8s.io/v1`. */
export interface KubeEvent extends KubeObject {
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note?: string;
  readonly regarding?: ObjectReference;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export const eventKind: ResourceKind<KubeEvent> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

/** What is said about an object. `reason` and `action` are single words in PascalCase; `note` is a sentence. */
export interface Occurrence {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** As `egressgateway.kubernetes.azure.com/operator`. */
  readonly controller: string;
  /** The pod's name. */
  readonly instance: string;
  readonly log: Logger;
  readonly timing?: EventSeriesTiming;
  readonly clock?: Clock;
}

export interface EventRecorder {
  /** Says it, now or with a later count. Never fails and never waits: an event is not worth a reconcile. */
  record<T extends KubeObject>(kind: ResourceKind<T>, object: T, occurrence: Occurrence): void;
  /** Writes the counts that are open, and waits for everything under way. */
  stop(): Promise<void>;
}

/** Limits of the API server. */
const maxNoteLength = 1024;
const flushEveryMs = 10_000;

/** Records events; the same one again within ten minutes becomes a count on the first. */
export function startEventRecorder(options: EventRecorderOptions): EventRecorder {
  const recorder = new Recorder(options);
  return {
    record: (kind, object, occurrence) => recorder.record(referenceTo(kind, object), occurrence),
    stop: () => recorder.stop(),
  };
}

class Recorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #series: EventSeries;
  /** The names of the events that stand for the series. */
  readonly #names = new Map<string, { readonly namespace: string; readonly name: string }>();
  #writing: Promise<void> = Promise.resolve();
  #cancelFlush: (() => void) | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#series = new EventSeries(options.timing);
  }

  record(regarding: ObjectReference, occurrence: Occurrence): void {
    const { type, reason, action, note } = occurrence;
    const key = JSON.stringify([regarding.kind, regarding.uid ?? regarding.name, type, reason, action, note]);
    const step = this.#series.record(key, this.#clock.nowMs());
    if (step.do === 'create') this.#create(key, regarding, occurrence);
    else this.#count(key, step);
    this.#cancelFlush ??= this.#clock.schedule(flushEveryMs, () => this.#flush());
  }

  async stop(): Promise<void> {
    this.#cancelFlush?.();
    for (const [key, step] of this.#series.due(this.#clock.nowMs(), { all: true })) this.#count(key, step);
    await this.#writing;
  }

  #flush(): void {
    this.#cancelFlush = undefined;
    for (const [key, step] of this.#series.due(this.#clock.nowMs())) this.#count(key, step);
    for (const key of this.#names.keys()) if (!this.#series.has(key)) this.#names.delete(key);
    if (this.#names.size > 0) this.#cancelFlush = this.#clock.schedule(flushEveryMs, () => this.#flush());
  }

  #create(key: string, regarding: ObjectReference, { note, ...rest }: Occurrence): void {
    const { client, controller, instance } = this.#options;
    // Events about cluster-scoped objects stand in `default` (Kubernetes convention).
    const metadata = { namespace: regarding.namespace ?? 'default', name: `${regarding.name.slice(0, 200)}.${randomUUID()}` };
    this.#names.set(key, metadata);
    this.#write(key, () =>
      client.create(eventKind, {
        metadata,
        eventTime: toMicroTime(this.#clock.wallTime()),
        reportingController: controller,
        reportingInstance: instance,
        regarding,
        note: note.slice(0, maxNoteLength),
        ...rest,
      }),
    );
  }

  #count(key: string, step: SeriesStep): void {
    const metadata = this.#names.get(key);
    if (step.do !== 'count' || metadata === undefined) return;
    const sinceMs = this.#clock.nowMs() - step.lastMs;
    const lastObservedTime = toMicroTime(new Date(this.#clock.wallTime().getTime() - sinceMs));
    this.#write(key, () => this.#options.client.patch(eventKind, metadata, { series: { count: step.count, lastObservedTime } }));
  }

  /** One after the other: a count must not overtake its event. */
  #write(key: string, call: () => Promise<unknown>): void {
    this.#writing = this.#writeAfter(this.#writing, key, call);
  }

  async #writeAfter(previous: Promise<void>, key: string, call: () => Promise<unknown>): Promise<void> {
    await previous;
    try {
      await call();
    } catch (error) {
      this.#series.drop(key);
      if (!isError(error, 'NotFound')) this.#options.log.warn({ error: messageOf(error) }, 'event not written');
    }
  }
}

function referenceTo<T extends KubeObject>(kind: ResourceKind<T>, { metadata }: T): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
}
