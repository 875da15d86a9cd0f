import { z } from 'zod';
import { addressAt } from '../../../base/addresses.ts';
import type { Gateway, GatewayState, WorkerInputs } from '../../../dataplane/model.ts';
import type { StepClock } from './step-clock.ts';

const gatewayCount = 3;

const milliseconds = z.array(z.number());
const usage = z.object({
  descriptors: z.int(),
  /** Of the network namespace. */
  devices: z.int(),
  /** In the sets and maps of our tables. */
  elements: z.int(),
  /** JavaScript's own, in 10^6 bytes, after a garbage collection. */
  heapMegabytes: z.number(),
  /** Resident, likewise: also what V8 keeps for later. */
  megabytes: z.number(),
});

/** What `src/cmd/failover-cost.ts` prints. */
export const failoverReport = z.object({
  /** From the call until the kernel carries it. */
  totalMs: milliseconds,
  /** Of that: the decision, before the first write. */
  decisionMs: milliseconds,
  routeMs: milliseconds,
  transactionMs: milliseconds,
  /** The kick, which nobody waits for. */
  kickMs: milliseconds,
  before: usage,
  after: usage,
});

export type FailoverReport = z.infer<typeof failoverReport>;
export type KernelUsage = z.infer<typeof usage>;

interface Failovers {
  readonly runs: number;
  readonly pods: number;
  readonly publicKey: string;
  readonly clock: StepClock;
  readonly plane: {
    /** Fulfilled when the kernel carries it. */
    carry(inputs: WorkerInputs): Promise<void>;
    /** Fulfilled when conntrack knows, too. */
    settled(): Promise<void>;
  };
  readonly usage: () => Promise<KernelUsage>;
}

/**
 * A worker with `pods` attached pods of one SGC over three gateways; each run is the death of a gateway, one after the other, and its
 * return. The first round, in which everything is made, counts neither as time nor as usage.
 */
export async function measureFailovers({ runs, pods, publicKey, clock, plane, usage }: Failovers): Promise<FailoverReport> {
  const samples = { totalMs: [], decisionMs: [], routeMs: [], transactionMs: [], kickMs: [] } as Samples;
  const fail = async (run: number): Promise<void> => {
    const dead = 1 + (run % gatewayCount);
    clock.take();
    const beganMs = performance.now();
    await plane.carry(worker(pods, publicKey, dead));
    const totalMs = performance.now() - beganMs;
    await plane.settled();
    const { 'ensure-route': routeMs = 0, nft: transactionMs = 0, kick: kickMs = 0 } = clock.take();
    samples.totalMs.push(totalMs);
    samples.decisionMs.push(totalMs - routeMs - transactionMs);
    samples.routeMs.push(routeMs);
    samples.transactionMs.push(transactionMs);
    samples.kickMs.push(kickMs);
    await plane.carry(worker(pods, publicKey));
    await plane.settled();
  };
  await plane.carry(worker(pods, publicKey));
  for (let run = 0; run < gatewayCount; run += 1) await fail(run);
  for (const list of Object.values(samples)) list.length = 0;
  const before = await usage();
  for (let run = 0; run < runs; run += 1) await fail(run);
  return { ...samples, before, after: await usage() };
}

type Samples = Record<'totalMs' | 'decisionMs' | 'routeMs' | 'transactionMs' | 'kickMs', number[]>;

const block = { address: '100.64.4.0', prefixLength: 22 };
const podNetwork = { address: '10.244.0.0', prefixLength: 16 };

function worker(pods: number, publicKey: string, dead?: number): WorkerInputs {
  const numbers = Array.from({ length: gatewayCount }, (_, index) => index + 1);
  return {
    uplinkMtu: 1500,
    publicKey,
    block,
    cluster: {
      nodes: [{ address: '10.224.0.0', prefixLength: 16 }],
      pods: [podNetwork],
      services: [{ address: '10.0.0.0', prefixLength: 16 }],
      ipv6: [],
    },
    gateways: numbers.map((number) => gateway(number, number === dead ? 'dead' : 'ready')),
    sgcs: [
      {
        key: 'bench/bench',
        label: addressAt(block, 10),
        excludeCidrs: [],
        defaultRoute: 'staticEgressGateway',
        spread: 'perPod',
        gateways: numbers,
      },
    ],
    pods: Array.from({ length: pods }, (_, index) => ({
      uid: `bench-${String(index)}`,
      veth: `veth${String(index)}`,
      address: addressAt(podNetwork, 2 + index),
      sgc: 'bench/bench',
      phase: 'attached',
    })),
  };
}

function gateway(number: number, state: GatewayState): Gateway {
  const publicKey = Buffer.alloc(32, number).toString('base64');
  return { number, address: addressAt(nodeNetwork, 20 + number), port: 6000, publicKey, state };
}

const nodeNetwork = { address: '10.224.0.0', prefixLength: 16 };
