import * as fc from 'fast-check';
import { addressAt } from '../../../src/base/addresses.ts';
import type { AttachedPod, Gateway, GatewayInputs, Sgc, Worker, WorkerInputs } from '../../../src/dataplane/model.ts';

export const block = { address: '100.64.4.0', prefixLength: 22 };

export function gateway(number: number, changes: Partial<Gateway> = {}): Gateway {
  const address = `10.224.0.${String(20 + number)}`;
  return { number, address, port: 6000, publicKey: `gateway-${String(number)}`, state: 'ready', ...changes };
}

export function sgc(name: string, changes: Partial<Sgc> = {}): Sgc {
  return {
    key: `team/${name}`,
    label: addressAt(block, 10),
    excludeCidrs: [],
    defaultRoute: 'staticEgressGateway',
    spread: 'perPod',
    gateways: [1],
    ...changes,
  };
}

export function pod(index: number, changes: Partial<AttachedPod> = {}): AttachedPod {
  const name = String(index);
  return { uid: `uid-${name}`, veth: `veth${name}`, address: `10.244.1.${name}`, sgc: 'team/a', phase: 'attached', ...changes };
}

export function worker(changes: Partial<WorkerInputs> = {}): WorkerInputs {
  return {
    uplinkMtu: 1500,
    publicKey: 'worker-1',
    block,
    cluster: {
      nodes: [{ address: '10.224.0.0', prefixLength: 16 }],
      pods: [{ address: '10.244.0.0', prefixLength: 16 }],
      services: [{ address: '10.96.0.0', prefixLength: 16 }],
      ipv6: [],
    },
    gateways: [gateway(1)],
    sgcs: [sgc('a')],
    pods: [pod(2)],
    ...changes,
  };
}

export function gatewayNode(changes: Partial<GatewayInputs> = {}): GatewayInputs {
  return {
    nodeAddress: '10.224.0.21',
    uplink: 'eth0',
    uplinkMtu: 1500,
    publicKey: 'gateway-1',
    egress: [{ sgc: 'team/a', address: '10.224.0.121' }],
    workers: [remoteWorker(1, [['100.64.4.10', 'team/a']])],
    ...changes,
  };
}

/** Worker `index` has the block 100.64.(4 index).0/22. */
export function remoteWorker(index: number, labels: readonly (readonly [address: string, sgc: string])[]): Worker {
  return {
    publicKey: `worker-${String(index)}`,
    endpoint: { address: `10.224.0.${String(10 + index)}`, port: 6101 },
    block: { address: `100.64.${String(4 * index)}.0`, prefixLength: 22 },
    labels: labels.map(([address, key]) => ({ address, sgc: key })),
  };
}

const names = ['a', 'b', 'c'] as const;
const numbers = [1, 2, 3, 4] as const;

const anyGateways = fc
  .subarray([...numbers])
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map((number) =>
        fc
          .record({ state: fc.constantFrom('ready', 'draining', 'dead'), generation: fc.constantFrom('', '-new') })
          .map(({ state, generation }) => gateway(number, { state, publicKey: `gateway-${String(number)}${generation}` })),
      ),
    ),
  );

const anySgcs = fc.subarray([...names]).chain((chosen) =>
  fc.tuple(
    ...chosen.map((name) =>
      fc
        .record({
          defaultRoute: fc.constantFrom('staticEgressGateway', 'azureNetworking'),
          spread: fc.constantFrom('perPod', 'perConnection'),
          excludeCidrs: fc.subarray([
            { address: '192.0.2.0', prefixLength: 24 },
            { address: '198.51.100.0', prefixLength: 25 },
          ]),
          gateways: fc.subarray([...numbers]),
        })
        .map((changes) => sgc(name, { label: addressAt(block, 10 + names.indexOf(name)), ...changes })),
    ),
  ),
);

/** Six links share four addresses, so that an address changes hands. */
const anyPods = fc.subarray([2, 3, 4, 5, 6, 7]).chain((chosen) =>
  fc.tuple(
    ...chosen.map((index) =>
      fc
        .record({
          sgc: fc.constantFrom('team/a', 'team/b', 'team/c', 'team/unknown'),
          phase: fc.constantFrom('attached', 'attached', 'attached', 'detaching'),
        })
        .map((changes) => pod(index, { address: `10.244.1.${String(2 + (index % 4))}`, ...changes })),
    ),
  ),
);

export const anyWorker: fc.Arbitrary<WorkerInputs> = fc
  .record({ gateways: anyGateways, sgcs: anySgcs, pods: anyPods, uplinkMtu: fc.constantFrom(1500, 1500, 3900) })
  .map((changes) => worker(changes));

const anyRemoteWorkers = fc.subarray([1, 2, 3]).chain((chosen) =>
  fc.tuple(
    ...chosen.map((index) =>
      fc.subarray([10, 11, 12]).map((offsets) =>
        remoteWorker(
          index,
          offsets.map((offset) => [`100.64.${String(4 * index)}.${String(offset)}`, `team/${names[offset - 10] ?? ''}`]),
        ),
      ),
    ),
  ),
);

export const anyGatewayNode: fc.Arbitrary<GatewayInputs> = fc
  .record({
    egress: fc.subarray([
      { sgc: 'team/a', address: '10.224.0.121' },
      { sgc: 'team/b', address: '10.224.0.131' },
      { sgc: 'team/c', address: '10.224.0.141' },
    ]),
    workers: anyRemoteWorkers,
  })
  .map((changes) => gatewayNode(changes));
