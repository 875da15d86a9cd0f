import { z } from 'zod';
import { JsonFile } from '../base/json-file.ts';
import type { Logger } from '../base/log.ts';
import type { Surroundings } from './surroundings.ts';

const cidr = z.object({ address: z.ipv4(), prefixLength: z.int().min(0).max(32) });

const shape = z.object({
  block: cidr,
  cluster: z.object({ nodes: z.array(cidr), pods: z.array(cidr), services: z.array(cidr), ipv6: z.array(z.string()) }),
  gateways: z.array(
    z.object({
      node: z.string(),
      number: z.int(),
      address: z.ipv4(),
      port: z.int(),
      publicKey: z.string(),
      state: z.enum(['ready', 'draining', 'dead']),
    }),
  ),
  sgcs: z.array(
    z.object({
      key: z.string(),
      uid: z.string(),
      label: z.ipv4(),
      excludeCidrs: z.array(cidr),
      defaultRoute: z.enum(['staticEgressGateway', 'azureNetworking']),
      spread: z.enum(['perPod', 'perConnection']),
      gateways: z.array(z.int()),
    }),
  ),
});

/** Remembers the surroundings over restarts. */
export function openSurroundingsFile(path: string, log: Logger): JsonFile<Surroundings> {
  return new JsonFile(path, { shape, log });
}
