import { z } from 'zod';
import { parseCidr } from '../../../src/base/addresses.ts';
import type { GatewayInputs, WorkerInputs } from '../../../src/dataplane/model.ts';

const cidr = z.string().transform((text) => parseCidr(text, 'scenario'));

/** A worker as scenarios write it: what is keyed is a map, and what does not matter has a default. */
const workerShape = z.strictObject({
  uplinkMtu: z.number().default(1500),
  publicKey: z.string().default('WORKER='),
  block: cidr.default(parseCidr('100.64.4.0/22', 'block')),
  cluster: z
    .strictObject({ nodes: z.array(cidr), pods: z.array(cidr), services: z.array(cidr), ipv6: z.array(z.string()) })
    .prefault({ nodes: ['10.224.0.0/16'], pods: ['10.244.0.0/16'], services: ['10.96.0.0/16'], ipv6: [] }),
  gateways: z.record(z.string(), z.enum(['ready', 'draining', 'dead'])),
  sgcs: z.record(
    z.string(),
    z.strictObject({
      label: z.string(),
      excludeCidrs: z.array(cidr).default([]),
      defaultRoute: z.enum(['staticEgressGateway', 'azureNetworking']).default('staticEgressGateway'),
      spread: z.enum(['perPod', 'perConnection']).default('perPod'),
      gateways: z.array(z.number()),
    }),
  ),
  pods: z.record(
    z.string(),
    z.strictObject({
      veth: z.string(),
      address: z.string(),
      sgc: z.string(),
      phase: z.enum(['attached', 'detaching']).default('attached'),
    }),
  ),
});

const gatewayShape = z.strictObject({
  nodeAddress: z.string().default('10.224.0.21'),
  uplink: z.string().default('eth0'),
  uplinkMtu: z.number().default(1500),
  publicKey: z.string().default('GATEWAY='),
  egress: z.record(z.string(), z.string()),
  workers: z.record(
    z.string(),
    z.strictObject({ address: z.string(), port: z.number(), block: cidr, labels: z.record(z.string(), z.string()) }),
  ),
});

/** Gateway n has the address 10.224.0.(20 + n) and the key `GATEWAYn=`; a pod's uid is its name. */
export function workerInputs(written: unknown): WorkerInputs {
  const { gateways, sgcs, pods, ...rest } = workerShape.parse(written);
  return {
    ...rest,
    gateways: Object.entries(gateways).map(([number, state]) => ({
      number: Number(number),
      address: `10.224.0.${String(20 + Number(number))}`,
      port: 6000,
      publicKey: `GATEWAY${number}=`,
      state,
    })),
    sgcs: Object.entries(sgcs).map(([key, sgc]) => ({ key, ...sgc })),
    pods: Object.entries(pods).map(([uid, pod]) => ({ uid, ...pod })),
  };
}

export function gatewayInputs(written: unknown): GatewayInputs {
  const { egress, workers, ...rest } = gatewayShape.parse(written);
  return {
    ...rest,
    egress: Object.entries(egress).map(([sgc, address]) => ({ sgc, address })),
    workers: Object.entries(workers).map(([name, { address, port, block, labels }]) => ({
      publicKey: `${name}=`,
      endpoint: { address, port },
      block,
      labels: Object.entries(labels).map(([label, sgc]) => ({ address: label, sgc })),
    })),
  };
}
