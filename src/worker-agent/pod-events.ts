import { apiGroup, podAnnotation } from '../api/names.ts';
import type { Logger } from '../base/log.ts';
import type { KubeClient } from '../kube/client.ts';
import { startEventRecorder, type Occurrence } from '../kube/events.ts';
import type { RegisteredPod } from './attached-pods.ts';
import { podKind, type Pod } from './kube-kinds.ts';

export interface PodEvents {
  /** Says once of each pod what is wrong with it. */
  tell(refused: readonly Pod[], registered: readonly RegisteredPod[]): void;
  stop(): Promise<void>;
}

interface PodEventsOptions {
  readonly client: KubeClient;
  /** The agent's own pod. */
  readonly instance: string;
  readonly log: Logger;
}

/** Records events about pods for which the plugin cannot do what their annotation asks. */
export function startPodEvents({ client, instance, log }: PodEventsOptions): PodEvents {
  const recorder = startEventRecorder({ client, controller: `${apiGroup}/worker-agent`, instance, log });
  let told: ReadonlySet<string> = new Set();
  return {
    tell: (refused, registered) => {
      const wrong = wrongPods(refused, registered);
      for (const [uid, { pod, occurrence }] of wrong) if (!told.has(uid)) recorder.record(podKind, pod, occurrence);
      told = new Set(wrong.keys());
    },
    stop: () => recorder.stop(),
  };
}

interface WrongPod {
  readonly pod: Pod;
  readonly occurrence: Occurrence;
}

function wrongPods(refused: readonly Pod[], registered: readonly RegisteredPod[]): Map<string, WrongPod> {
  const guarded = registered.filter(({ phase }) => phase === 'guarded');
  return new Map<string, WrongPod>([
    ...refused.map((pod): [string, WrongPod] => [pod.metadata.uid ?? '', { pod, occurrence: hostNetworkRefused }]),
    ...guarded.map(({ uid, namespace, name }): [string, WrongPod] => [
      uid,
      { pod: { metadata: { uid, namespace, name } }, occurrence: guardedPod },
    ]),
  ]);
}

const hostNetworkRefused: Occurrence = {
  type: 'Warning',
  reason: 'HostNetworkRefused',
  action: 'Attach',
  note: `The annotation ${podAnnotation} has no effect: the pod uses the network of its node, so it leaves by the node's address. Remove hostNetwork or the annotation.`,
};

const guardedPod: Occurrence = {
  type: 'Warning',
  reason: 'EgressGuarded',
  action: 'Attach',
  note: `The pod has the annotation ${podAnnotation}, but was started without the CNI plugin: it reaches the cluster and nothing outside. Delete it, so that it is started anew.`,
};
