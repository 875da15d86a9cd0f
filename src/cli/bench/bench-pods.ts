import type { ToolsPod } from '../demo/tools-pod.ts';
import { toolsPod } from '../demo/tools-pod.ts';
import type { Kubectl } from '../kubectl.ts';
import { benchNamespace } from './dataplane-world.ts';

type BenchPod = Omit<ToolsPod, 'namespace'>;

const here = ['--namespace', benchNamespace];

/** Makes a pod that stays; it is Ready when this returns. */
export async function startPod(kubectl: Kubectl, pod: BenchPod): Promise<void> {
  await kubectl.apply(toolsPod({ ...pod, namespace: benchNamespace }));
  await kubectl.run(['wait', ...here, '--for=condition=Ready', `pod/${pod.name}`, '--timeout=60s']);
}

/** A pod that runs its command once. */
export function jobPod(pod: BenchPod): object {
  const { spec, ...manifest } = toolsPod({ ...pod, namespace: benchNamespace });
  return { ...manifest, spec: { ...spec, restartPolicy: 'Never' } };
}
