import type { ProbeAnswer } from './wire-format.ts';

/** Answers the probes of workers. */
export interface Responder {
  readonly port: number;
  /** Public keys of those who are answered from now on. */
  setWorkers(publicKeys: readonly string[]): void;
  /** What the gateway says of itself from now on. `undefined`: its own check fails, so nobody is answered. */
  setAnswer(answer: ProbeAnswer | undefined): void;
  /** The namespace in which the tunnels end may have come, gone, or been made anew: probes through tunnels are answered there. */
  refresh(): void;
  stop(): Promise<void>;
}
