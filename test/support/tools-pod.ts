import { applyManifest, kubectl } from './installation.ts';

interface ToolsPod {
  readonly name: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
}

/** A pod with the tools image that waits to be told what to do; Ready when this returns. */
export async function startToolsPod({ name, namespace = 'default', annotations = {}, nodeName }: ToolsPod): Promise<void> {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, annotations, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      ...(nodeName === undefined ? {} : { nodeName }),
      containers: [
        {
          name: 'tools',
          image: 'segw.local/tools:latest',
          imagePullPolicy: 'Never',
          command: ['sh', '-c', 'trap exit TERM; sleep infinity & wait'],
        },
      ],
    },
  };
  await applyManifest(JSON.stringify(manifest));
  await kubectl('wait', '--namespace', namespace, '--for=condition=Ready', `pod/${name}`, '--timeout=60s');
}

/** Runs a command in the pod; returns its standard output, trimmed. */
export async function execInPod(pod: Pick<ToolsPod, 'name' | 'namespace'>, ...command: readonly string[]): Promise<string> {
  return (await kubectl('exec', '--namespace', pod.namespace ?? 'default', pod.name, '--', ...command)).trim();
}
