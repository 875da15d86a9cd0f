import { applyManifest, kubectl } from './installation.ts';

interface ToolsPod {
  readonly name: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
  /** Default: waits to be told what to do. */
  readonly command?: readonly string[];
}

const waitForOrders = ['sh', '-c', 'trap exit TERM; sleep infinity & wait'];

/** The manifest of a pod with the tools image. */
export function toolsPod({ name, namespace = 'default', annotations = {}, nodeName, command = waitForOrders }: ToolsPod) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, annotations, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      ...(nodeName === undefined ? {} : { nodeName }),
      containers: [{ name: 'tools', image: 'segw.local/tools:latest', imagePullPolicy: 'Never', command }],
    },
  };
}

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
