/** Something in a namespace's network was set or removed, by whomever, ourselves included. */
export interface KernelChange {
  /** `lost`: more happened than could be told; read everything again. */
  readonly kind: 'link' | 'address' | 'route' | 'rule' | 'nftables' | 'lost';
  /** A link's name, an address, the number of a routing table (also of a rule), the name of an nft table; empty for `lost`. */
  readonly subject: string;
  /** False: it was added or changed. An nft table counts as removed only when all of it is. */
  readonly isRemoval: boolean;
}
