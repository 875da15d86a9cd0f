export interface LoopbackForward {
  /** On 127.0.0.1 of the host. */
  readonly port: number;
  /** The machine in whose network namespace the connection to the target is made. */
  readonly machine: string;
  readonly targetAddress: string;
  readonly targetPort: number;
}

/** Ports of the host's loopback that lead into a machine's network, without a link or a route. Implemented by the kernel's room. */
export interface LoopbackForwards {
  /** Open twice is open once. After a reboot of the machine the same call leads into its new namespace. */
  open(forward: LoopbackForward): Promise<void>;
  /** Closing a port that is not open is fine. */
  close(port: number): Promise<void>;
}
