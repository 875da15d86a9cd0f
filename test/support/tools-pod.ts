import { toolsPod, type ToolsPod } from '../../src/cli/demo/tools-pod.ts';
import { applyManifest, kubectl } from './installation.ts';

/** Makes the pod; it is Ready when this returns. */
export async function startToolsPod(pod: ToolsPod): Promise<void> {
  await applyManifest(JSON.stringify(toolsPod(pod)));
  await kubectl('wait', '--namespace', pod.namespace ?? 'default', '--for=condition=Ready', `pod/${pod.name}`, '--timeout=60s');
}

/** Runs a command in the pod; returns its standard output, trimmed. */
export async function execInPod(pod: Pick<ToolsPod, 'name' | 'namespace'>, ...command: readonly string[]): Promise<string> {
  return (await kubectl('exec', '--namespace', pod.namespace ?? 'default', pod.name, '--', ...command)).trim();
}

/** The HTTP status with which `url` answers a pod that does not look at certificates. */
export async function fetchStatusInPod(pod: Pick<ToolsPod, 'name' | 'namespace'>, url: string): Promise<string> {
  const quietly = ['--silent', '--insecure', '--output', '/dev/null', '--write-out', '%{http_code}'];
  return await execInPod(pod, 'curl', ...quietly, url);
}
