/** What is put on a machine's disk when it is new, and what runs on it. Declared here, carried out by the region's machines. */
export interface MachineContent {
  readonly files: readonly MachineFile[];
  /** Started at boot, restarted one second after it ended, output appended to `/var/log/NAME.log`. */
  readonly services: readonly { readonly name: string; readonly command: readonly string[] }[];
}

export interface MachineFile {
  /** Absolute, on the machine. */
  readonly path: string;
  readonly content: string;
  /** Default 0o644. */
  readonly mode?: number;
}

/** Where every machine has the binaries of Kubernetes, read-only. */
export const binariesFolder = '/opt/segw/bin';
