/** A flow that the gateway translates, as its kernel has it. */
export interface Flow {
  /** Tells it from every other that is there at the same time. */
  readonly id: string;
  /** Source address as it came out of the tunnel: a worker's label, or the worker's own. */
  readonly source: string;
  /** A TCP connection that is closed or reset. Other protocols have no end. */
  readonly isOver: boolean;
  /** Then the kernel forgets the flow, unless another packet comes before. */
  readonly expiresInMs: number;
}

export interface Flows {
  /** Those of the gateway's namespace at this moment; none while there is no such namespace. */
  list(): readonly Flow[];
}

interface Heard {
  readonly atMs: number;
  readonly expiresAtMs: number;
}

/** The kernel counts in seconds, and nobody looks at exact times. */
const toleranceMs = 1500;

/**
 * Tells from looks at the kernel which flows live: until they are over, or have been silent for `idleMs`. Silence counts for TCP as well: a
 * connection that a worker has reset while the gateway was cut off is open here for days. Each packet moves the end of a flow further
 * away, so one whose end stays where it was is silent. A flow seen for the first time has just been heard.
 */
export class LiveFlows {
  readonly #idleMs: number;
  #heard: ReadonlyMap<string, Heard> = new Map();

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** How many of `flows`, read at `nowMs`, live. */
  count(flows: readonly Flow[], nowMs: number): number {
    const open = flows.filter(({ isOver }) => !isOver);
    this.#heard = new Map(open.map((flow) => [flow.id, this.#lastHeard(flow, nowMs)]));
    return [...this.#heard.values()].filter(({ atMs }) => nowMs - atMs < this.#idleMs).length;
  }

  #lastHeard({ id, expiresInMs }: Flow, nowMs: number): Heard {
    const before = this.#heard.get(id);
    const expiresAtMs = nowMs + expiresInMs;
    return before !== undefined && expiresAtMs <= before.expiresAtMs + toleranceMs ? before : { atMs: nowMs, expiresAtMs };
  }
}
