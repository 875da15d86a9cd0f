import { z } from 'zod';
import { SegwError } from '../../base/error.ts';
import { pollUntil } from '../../base/poll.ts';
import { inStep, type Progress } from '../../base/progress.ts';
import { toolsPod } from '../demo/tools-pod.ts';
import type { Kubectl } from '../kubectl.ts';
import { annotated, benchNamespace, type DataplaneWorld } from './dataplane-world.ts';
import { podNamespacePath } from './traffic/pod-namespace.ts';

/** A pod that leaves by a gateway. */
export interface AttachedPod {
  readonly name: string;
  readonly node: string;
  /** The gateway's node. */
  readonly gateway: string;
  readonly egressAddress: string;
  /** Its network namespace, as this host sees it. */
  readonly namespacePath: string;
}

type Place = Pick<AttachedPod, 'node' | 'gateway'>;

/** Two for each gateway, on the average: the uid decides. */
const podsPerRound = 6;
const maxRounds = 6;
const settleTimeoutMs = 60_000;

/** Starts annotated pods until each worker has one on each gateway; returns one of each pair. */
export async function startPodsOnEveryGateway(world: DataplaneWorld, progress: Progress): Promise<readonly AttachedPod[]> {
  const places = world.workers.flatMap((node) => world.gateways.map((gateway): Place => ({ node, gateway })));
  for (let round = 0; round < maxRounds; round += 1) {
    const pods = await readEndpoints(world.kubectl);
    const chosen = places.flatMap((place) => pods.find((pod) => isAt(pod, place)) ?? []);
    if (chosen.length === places.length) return withNamespaces(world.kubectl, chosen);
    const nodes = world.workers.filter((node) =>
      places.some((place) => place.node === node && !chosen.some((pod) => isAt(pod, place))),
    );
    const names = nodes.flatMap((nodeName) =>
      Array.from({ length: podsPerRound }, (_, index) => ({ nodeName, name: `${nodeName}-${String(round)}-${String(index)}` })),
    );
    await inStep(progress, `start ${String(names.length)} pods`, async () => startPods(world.kubectl, names));
  }
  throw new SegwError('Internal', 'after many pods, no pod leaves by one of the gateways');
}

/** Waits until each of `pods` leaves by a gateway, and by one that `isRight`. */
export async function awaitGateways(
  { context, kubectl }: DataplaneWorld,
  pods: readonly AttachedPod[],
  isRight: (gateway: string, pod: AttachedPod) => boolean,
): Promise<void> {
  await pollUntil(
    'pods leave by the gateways that they should',
    async (note) => {
      const now = new Map((await readEndpoints(kubectl)).map(({ name, gateway }) => [name, gateway]));
      const wrong = pods.filter((pod) => {
        const gateway = now.get(pod.name);
        return gateway === undefined || !isRight(gateway, pod);
      });
      note(wrong.map(({ name }) => `${name} by ${now.get(name) ?? 'none'}`).join(', '));
      return wrong.length === 0 ? true : undefined;
    },
    { timeoutMs: settleTimeoutMs, intervalMs: 300, signal: context.signal },
  );
}

/** The one that it had at first. */
export function isOwn(gateway: string, pod: AttachedPod): boolean {
  return gateway === pod.gateway;
}

async function startPods(
  kubectl: Kubectl,
  names: readonly { readonly name: string; readonly nodeName: string }[],
): Promise<void> {
  await kubectl.apply(...names.map((place) => toolsPod({ ...place, namespace: benchNamespace, annotations: annotated })));
  const here = ['--namespace', benchNamespace];
  await kubectl.run(['wait', ...here, '--for=condition=Ready', 'pod', '--all', '--timeout=120s']);
  await pollUntil(
    'every pod has a gateway',
    async () => {
      const served = new Set((await readEndpoints(kubectl)).map(({ name }) => name));
      return names.every(({ name }) => served.has(name)) ? true : undefined;
    },
    { timeoutMs: settleTimeoutMs, intervalMs: 500 },
  );
}

const endpoints = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ nodeName: z.string(), gateway: z.string().optional(), egressAddress: z.string().optional() }),
    }),
  ),
});

/** Of the pods that a gateway serves. */
async function readEndpoints(kubectl: Kubectl): Promise<readonly Omit<AttachedPod, 'namespacePath'>[]> {
  const { items } = endpoints.parse(await kubectl.json(['get', 'podendpoints', '--namespace', benchNamespace]));
  return items.flatMap(({ metadata: { name }, spec: { nodeName: node, gateway, egressAddress } }) =>
    gateway === undefined || egressAddress === undefined ? [] : [{ name, node, gateway, egressAddress }],
  );
}

const podList = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string(), uid: z.string() }) })) });

async function withNamespaces(
  kubectl: Kubectl,
  pods: readonly Omit<AttachedPod, 'namespacePath'>[],
): Promise<readonly AttachedPod[]> {
  const { items } = podList.parse(await kubectl.json(['get', 'pods', '--namespace', benchNamespace]));
  const uids = new Map(items.map(({ metadata: { name, uid } }) => [name, uid]));
  return Promise.all(pods.map(async (pod) => ({ ...pod, namespacePath: await podNamespacePath(uids.get(pod.name) ?? '') })));
}

function isAt(pod: Place, { node, gateway }: Place): boolean {
  return pod.node === node && pod.gateway === gateway;
}
