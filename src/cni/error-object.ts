/** The error that a plugin prints. Source: CNI specification 1.0.0, section 5, "Error". */
export interface CniError {
  readonly code: number;
  /** What happened and why, in a sentence. */
  readonly msg: string;
  /** What to do. The kubelet's event shows it after `msg`. */
  readonly details: string;
}

/** Codes of the specification (below 100), and ours. */
export const cniErrorCodes = {
  invalidEnvironment: 4,
  ioFailure: 5,
  malformedContent: 6,
  invalidConfiguration: 7,
  /** Try again later: the kubelet does so by itself. */
  tryAgainLater: 11,
  /** The pod cannot be started as it is: something has to be changed. */
  refused: 100,
  /** A defect of ours. */
  internal: 999,
} as const;
