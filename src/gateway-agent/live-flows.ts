/** A flow that the gateway translates, as its kernel has it. */
export interface Flow {
  /** Tells it from every other that is there at the same time. */
  readonly id: string;
  /** Source address as it came out of the tunnel: a worker's label, or the worker's own. */
  readonly source: string;
  /** A TCP connection that is closed or reset. Other protocols have no end. */
  readonly isOver: boolean;
  /** That its pod has sent so far. */
  readonly packets: number;
}

export interface Flows {
  /** Those of the gateway's namespace at this moment; none while there is no such namespace. */
  list(): readonly Flow[];
}

interface Heard {
  readonly atMs: number;
  readonly packets: number;
}

/**
 * Tells from looks at the kernel which flows live: until they are over, or their pod has been silent for `idleMs`. Only the pod counts: a
 * connection that its worker has reset while the gateway was cut off is open here for days, and its server still sends into it. A flow
 * seen for the first time has just been heard.
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

  #lastHeard({ id, packets }: Flow, atMs: number): Heard {
    const before = this.#heard.get(id);
    return before?.packets === packets ? before : { atMs, packets };
  }
}
