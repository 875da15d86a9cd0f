import { definedOnly } from '../../base/defined.ts';

export interface ToolsPod {
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
      ...definedOnly({ nodeName }),
      containers: [{ name: 'tools', image: 'segw.local/tools:latest', imagePullPolicy: 'Never', command }],
    },
  };
}
