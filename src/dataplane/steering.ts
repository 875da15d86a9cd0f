import { isLabelOf, labelSlot } from './labels.ts';
import type { AttachedPod, Gateway, Sgc, WorkerInputs } from './model.ts';
import { chooseGateway, servingGateways } from './spread.ts';

/** Who goes where on a worker: every decision that its kernel configuration only spells out. */
export interface Steering {
  /** The SGCs that a pod of this worker uses. */
  readonly sgcs: readonly SteeredSgc[];
  /** The gateways that one of these SGCs has, by number. */
  readonly gateways: readonly SteeredGateway[];
  readonly pods: readonly SteeredPod[];
}

export interface SteeredSgc {
  readonly sgc: Sgc;
  /** What its chains and sets are called after: the place of its label, since its own name may be too long for nftables. */
  readonly name: string;
  /** Take new connections. Empty: they are refused. */
  readonly serving: readonly Gateway[];
}

export interface SteeredGateway {
  readonly gateway: Gateway;
  /** The gateway by which its connections go on: itself while it lives, else its survivor, else `undefined`: they end. */
  readonly carrier: Gateway | undefined;
}

export interface SteeredPod {
  readonly pod: AttachedPod;
  /** `undefined`: there is no such SGC, it has no label in this worker's block, or another pod has the address by now. */
  readonly sgc: SteeredSgc | undefined;
  /** Takes all new connections of the pod. `undefined`: the SGC spreads per connection, nobody serves, or the pod is detaching. */
  readonly gateway: Gateway | undefined;
}

export function steer({ block, gateways, sgcs, pods: given }: WorkerInputs): Steering {
  const pods = holdersOfLinks(given);
  const holders = new Map(given.map((pod) => [pod.address, pod]));
  const keysInUse = new Set(pods.map(({ sgc }) => sgc));
  const used = sgcs
    .filter(({ key, label }) => keysInUse.has(key) && isLabelOf(block, label))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const numbersInUse = new Set(used.flatMap((sgc) => sgc.gateways));
  const gatewaysInUse = gateways.filter(({ number }) => numbersInUse.has(number)).toSorted((a, b) => a.number - b.number);
  const steered = used.map((sgc) => ({
    sgc,
    name: String(labelSlot(block, sgc.label)),
    serving: servingGateways(gatewaysInUse.filter(({ number }) => sgc.gateways.includes(number))),
  }));
  const byKey = new Map(steered.map((one) => [one.sgc.key, one]));
  return {
    sgcs: steered,
    gateways: gatewaysInUse.map((gateway) => ({ gateway, carrier: carrierOf(gateway, gatewaysInUse, used) })),
    pods: pods.map((pod) => steerPod(pod, holders.get(pod.address) === pod ? byKey.get(pod.sgc) : undefined)),
  };
}

/** A link has one holder: the last of the pods that name it. */
function holdersOfLinks(pods: readonly AttachedPod[]): AttachedPod[] {
  return [...new Map(pods.map((pod) => [pod.veth, pod])).values()].toSorted((a, b) => (a.veth < b.veth ? -1 : 1));
}

function steerPod(pod: AttachedPod, sgc: SteeredSgc | undefined): SteeredPod {
  const isPinned = sgc?.sgc.spread === 'perPod' && pod.phase === 'attached';
  return { pod, sgc, gateway: isPinned ? chooseGateway(pod.uid, sgc.serving) : undefined };
}

/** The survivor of a dead gateway is one that serves as many as possible of the SGCs whose connections it inherits. */
function carrierOf(gateway: Gateway, gateways: readonly Gateway[], sgcs: readonly Sgc[]): Gateway | undefined {
  if (gateway.state !== 'dead') return gateway;
  const inherited = sgcs.filter((sgc) => sgc.gateways.includes(gateway.number));
  const shared = ({ number }: Gateway) => inherited.filter((sgc) => sgc.gateways.includes(number)).length;
  const candidates = servingGateways(gateways.filter((other) => shared(other) > 0));
  const most = Math.max(...candidates.map(shared));
  return chooseGateway(
    `gateway ${String(gateway.number)}`,
    candidates.filter((other) => shared(other) === most),
  );
}
