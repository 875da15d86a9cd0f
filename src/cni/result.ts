import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { SegwError } from '../base/error.ts';

/** What we read of a result. All versions from 0.3.0 on have it in this form (CNI specification 1.0.0, section 5, "Success"). */
const resultShape = z.looseObject({
  interfaces: z.array(z.looseObject({ name: z.string(), sandbox: z.string().optional() })).default([]),
  ips: z.array(z.looseObject({ address: z.string(), interface: z.number().optional() })).default([]),
});

/** What the plugins before ours have made of the pod's network. */
export interface PodNetwork {
  /** The pod's first IPv4 address. */
  readonly address: string;
  /** The links in the node's namespace: the host end of the pod's veth pair; perhaps a bridge as well; perhaps the plugin names none. */
  readonly nodeLinks: readonly string[];
}

/** Reads a `prevResult`. Throws `InvalidInput` when it is none, or has no IPv4 address for the pod's link `ifname`. */
export function parsePodNetwork(prevResult: unknown, ifname: string): PodNetwork {
  const result = resultShape.safeParse(prevResult);
  if (!result.success)
    throw new SegwError('InvalidInput', `prevResult: ${z.prettifyError(result.error)}`, { remedy: chainRemedy });
  const { interfaces, ips } = result.data;
  const isOfPod = (index: number | undefined) => index === undefined || interfaces[index]?.name === ifname;
  const address = ips
    .filter(({ interface: index }) => isOfPod(index))
    .map(({ address }) => address.split('/', 1)[0] ?? '')
    .find((address) => isIPv4(address));
  if (address === undefined)
    throw new SegwError('InvalidInput', `prevResult gives ${ifname} no IPv4 address`, { remedy: chainRemedy });
  return { address, nodeLinks: interfaces.filter(({ sandbox }) => !sandbox).map(({ name }) => name) };
}

const chainRemedy =
  'The plugin has to stand in a conflist behind the one that makes the pod network; see 05-segw.conflist in /etc/cni/net.d.';
