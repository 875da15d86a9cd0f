import { SegwError } from '../base/error.ts';
import type { PodNetwork } from '../cni/result.ts';

/** The kernel's word on how the node reaches its pods. `linux` implements it. */
export interface PodLinks {
  /** The link of the route that is for this address alone; `undefined` when there is none, as behind a bridge. */
  linkTo(address: string): string | undefined;
  exists(link: string): boolean;
}

/** The host end of the pod's veth pair. Throws `PodNetworkUnsupported` where there is none that is the pod's alone. */
export function findVeth({ nodeLinks, address }: PodNetwork, links: PodLinks): string {
  const [named, ...others] = nodeLinks;
  const routed = links.linkTo(address);
  if (routed !== undefined) return routed;
  if (named !== undefined && others.length === 0 && links.exists(named)) return named;
  throw new SegwError(
    'PodNetworkUnsupported',
    `no link of the node belongs to the pod alone: no route leads to ${address}, and prevResult names ${nodeLinks.join(', ') || 'none'}`,
  );
}
