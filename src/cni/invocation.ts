import { z } from 'zod';
import { messageOf, SegwError } from '../base/error.ts';
import { annotationsCapability } from './plugin.ts';

/** Longer ones are nobody's: they end up in file names, messages and a file on disk. */
const text = z.string().max(4096);

const requestShape = z.object({
  command: z.enum(['ADD', 'CHECK', 'DEL']),
  containerId: text.min(1),
  netns: text,
  ifname: text,
  args: z.record(text, text),
  config: z.looseObject({
    prevResult: z.unknown().optional(),
    runtimeConfig: z.looseObject({ [annotationsCapability]: z.record(z.string(), z.string()) }),
  }),
});

/** A call of the plugin that concerns an annotated pod, as the agent gets it from the shim. */
export interface Invocation {
  readonly command: 'ADD' | 'CHECK' | 'DEL';
  /** Of the sandbox: another one after each failed ADD. */
  readonly containerId: string;
  /** The name of the link inside the pod. */
  readonly ifname: string;
  readonly pod: PodIdentity;
  /** As they were when the sandbox was made, also on DEL. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Absent on the late DELs of the sandbox's garbage collection. */
  readonly prevResult?: unknown;
}

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Reads the line that the shim sends. Throws `InvalidInput` that lists every problem. */
export function parseInvocation(line: string): Invocation {
  const result = requestShape.safeParse(parseJson(line));
  if (!result.success) throw new SegwError('InvalidInput', `CNI request: ${z.prettifyError(result.error)}`);
  const { command, containerId, ifname, args, config } = result.data;
  const pod = {
    namespace: argument(args, 'K8S_POD_NAMESPACE'),
    name: argument(args, 'K8S_POD_NAME'),
    uid: argument(args, 'K8S_POD_UID'),
  };
  const annotations = config.runtimeConfig[annotationsCapability];
  return { command, containerId, ifname, pod, annotations, prevResult: config.prevResult };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new SegwError('InvalidInput', `CNI request: ${messageOf(error)}`, { cause: error });
  }
}

function argument(args: Readonly<Record<string, string>>, name: string): string {
  const value = args[name];
  if (value) return value;
  throw new SegwError('InvalidInput', `CNI request: CNI_ARGS has no ${name}; the container runtime has to set it`);
}
