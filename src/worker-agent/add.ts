import { podAnnotation } from '../api/names.ts';
import { SegwError } from '../base/error.ts';
import type { Invocation } from '../cni/invocation.ts';
import { parsePodNetwork } from '../cni/result.ts';
import { systemClock, withLimit, type Clock } from '../kube/clock.ts';
import type { Admission } from './admission.ts';
import { sgcKeyOf, type RegisteredPod } from './attached-pods.ts';
import { annotationProblem } from './pod-annotation.ts';
import { findVeth, type PodLinks } from './pod-links.ts';

/** What ADD needs of the agent. */
export interface Attaching {
  readonly links: PodLinks;
  admission(sgcKey: string): Admission;
  /** Says to the operator, for as long as `work` lasts, that a pod of this node wants the SGC. */
  wanting<T>(sgcKey: string, work: () => Promise<T>): Promise<T>;
  /** Fulfilled when something may have changed. Rejected with the signal's reason. */
  changed(signal: AbortSignal): Promise<void>;
  /** Registers the pod and returns when the kernel carries it. */
  attach(pod: RegisteredPod): Promise<void>;
}

export interface AddOptions {
  /** How long a pod waits for what comes by itself. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** The pod that the call is about. Throws `InvalidInput`, `PodNetworkUnsupported`. */
export function podOf({ containerId, ifname, pod, annotations, prevResult }: Invocation, links: PodLinks): RegisteredPod {
  const { [podAnnotation]: sgc = '' } = annotations;
  const problem = annotationProblem(sgc);
  if (problem) throw problem;
  const network = parsePodNetwork(prevResult, ifname);
  return { ...pod, containerId, sgc, veth: findVeth(network, links), address: network.address, phase: 'attached' };
}

/**
 * ADD: waits until the pod's SGC can be used on this node, then attaches the pod; returns the result of the plugins before ours, which
 * we do not change. Throws what keeps the pod from starting.
 */
export async function add(invocation: Invocation, agent: Attaching, options: AddOptions): Promise<unknown> {
  const pod = podOf(invocation, agent.links);
  const key = sgcKeyOf(pod);
  await agent.wanting(key, async () => {
    await admitted(key, agent, options);
    await agent.attach(pod);
  });
  return invocation.prevResult;
}

/** How long the watch may lag behind a configuration that was made just before the pod. */
const absentLimitMs = 2000;

async function admitted(key: string, agent: Attaching, options: AddOptions): Promise<void> {
  const limitMs = Math.min(options.limitMs, absentLimitMs);
  await waitWhile(['absent'], key, agent, { ...options, limitMs });
  await waitWhile(['absent', 'wait'], key, agent, options);
}

async function waitWhile(
  kinds: readonly Admission['kind'][],
  key: string,
  agent: Attaching,
  { limitMs, signal, clock = systemClock }: AddOptions,
): Promise<void> {
  const missing = (): SegwError | undefined => errorOf(agent.admission(key), kinds);
  let error = missing();
  if (!error) return;
  const limit = { what: `ADD of a pod that uses ${key}`, limitMs, signal };
  try {
    await withLimit(clock, limit, async (limited) => {
      while (error) {
        await agent.changed(limited);
        error = missing();
      }
    });
  } catch (thrown) {
    const isTooLate = thrown instanceof SegwError && thrown.code === 'Timeout';
    throw isTooLate && error ? late(error, limitMs) : thrown;
  }
}

/** What is missing, of these kinds; `undefined`: nothing. Throws a refusal. */
function errorOf(admission: Admission, kinds: readonly Admission['kind'][]): SegwError | undefined {
  if (admission.kind === 'refuse') throw admission.error;
  return admission.kind !== 'admit' && kinds.includes(admission.kind) ? admission.error : undefined;
}

function late(missing: SegwError, limitMs: number): SegwError {
  const { code, message, remedy, retryable } = missing;
  return new SegwError(code, `${message} (waited ${String(limitMs / 1000)} s)`, { remedy, retryable, cause: missing });
}
