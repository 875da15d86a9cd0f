import { apiGroup, podAnnotation } from '../api/names.ts';
import type { Logger } from '../base/log.ts';
import type { KubeClient } from '../kube/client.ts';
import { startEventRecorder, type Occurrence } from '../kube/events.ts';
import type { RegisteredPod } from './attached-pods.ts';
import { podKind } from './kube-kinds.ts';
import type { PodTrouble } from './pod-watch.ts';

export interface PodEvents {
  /** Says once of each pod what is wrong with it, and again when that changes. */
  tellTroubles(troubles: readonly PodTrouble[]): void;
  /** Says of running pods that their annotation has taken effect. */
  tellMoved(moved: readonly RegisteredPod[]): void;
  stop(): Promise<void>;
}

interface PodEventsOptions {
  readonly client: KubeClient;
  /** The agent's own pod. */
  readonly instance: string;
  readonly log: Logger;
}

/** Records events about running pods: what their annotation has done, and what it cannot do. */
export function startPodEvents({ client, instance, log }: PodEventsOptions): PodEvents {
  const recorder = startEventRecorder({ client, controller: `${apiGroup}/worker-agent`, instance, log });
  let told: ReadonlySet<string> = new Set();
  return {
    tellTroubles: (troubles) => {
      for (const trouble of troubles)
        if (!told.has(identity(trouble))) recorder.record(podKind, trouble.pod, troubleOccurrence(trouble));
      told = new Set(troubles.map(identity));
    },
    tellMoved: (moved) => {
      for (const { uid, namespace, name, sgc, phase } of moved)
        recorder.record(podKind, { metadata: { uid, namespace, name } }, phase === 'attached' ? attached(sgc) : detached(sgc));
    },
    stop: () => recorder.stop(),
  };
}

function identity(trouble: PodTrouble): string {
  const what = trouble.kind === 'host-network' ? [] : [trouble.sgc, trouble.error.code];
  return JSON.stringify([trouble.pod.metadata.uid, trouble.kind, ...what]);
}

function troubleOccurrence(trouble: PodTrouble): Occurrence {
  if (trouble.kind === 'host-network') return hostNetworkRefused;
  const { code, message, remedy } = trouble.error;
  if (code === 'GatewayNodeRefused') return gatewayNodeRefused;
  const why = `${message}. ${remedy}`;
  return trouble.kind === 'guarded'
    ? warning('EgressGuarded', `The pod reaches the cluster and nothing outside: ${why}`)
    : warning('EgressUnchanged', `The pod goes on using StaticGatewayConfiguration ${trouble.current}: ${why}`);
}

const hostNetworkRefused = warning(
  'HostNetworkRefused',
  `The annotation ${podAnnotation} has no effect: the pod uses the network of its node, so it leaves by the node's address. Remove hostNetwork or the annotation.`,
);

/** Its gateway's rules fill the node's kernel. */
const gatewayNodeRefused = warning(
  'GatewayNodeRefused',
  `The annotation ${podAnnotation} has no effect on a running pod of a gateway node: it leaves by the node's address. Move the pod to another node, or remove the annotation.`,
);

function attached(sgc: string): Occurrence {
  return normal('EgressAttached', `The running pod leaves by StaticGatewayConfiguration ${sgc} from now on.`);
}

function detached(sgc: string): Occurrence {
  const note = `The annotation ${podAnnotation} is gone: what the running pod begins from now on leaves directly; its TCP connections by StaticGatewayConfiguration ${sgc} live on until they end.`;
  return normal('EgressDetached', note);
}

function warning(reason: string, note: string): Occurrence {
  return { type: 'Warning', reason, action: 'Attach', note };
}

function normal(reason: string, note: string): Occurrence {
  return { type: 'Normal', reason, action: 'Attach', note };
}
