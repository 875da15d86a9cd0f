/** The link by which the node reaches everything that is not near. */
export interface UplinkLink {
  readonly name: string;
  /** Bytes. */
  readonly mtu: number;
}

export interface Uplink {
  /** `undefined` while the node has no default route. */
  find(): UplinkLink | undefined;
}
