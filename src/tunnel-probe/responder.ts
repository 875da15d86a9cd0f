import type { ProbeAnswer } from './wire-format.ts';

/** Answers the probes of workers. */
export interface Responder {
  readonly port: number;
  /** Public keys of those who are answered from now on. */
  setWorkers(publicKeys: readonly string[]): void;
  /** What the gateway says of itself from now on. `undefined`: its own check fails, so nobody is answered. */
  setAnswer(answer: ProbeAnswer | undefined): void;
  stop(): Promise<void>;
}
