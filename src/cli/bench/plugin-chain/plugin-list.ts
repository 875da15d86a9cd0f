import { z } from 'zod';

const listShape = z.looseObject({
  name: z.string(),
  cniVersion: z.string(),
  plugins: z.array(z.looseObject({ type: z.string(), capabilities: z.record(z.string(), z.boolean()).optional() })),
});

/** What a node's conflist says: plugins to call one after the other. */
export type PluginList = z.infer<typeof listShape>;

export const egressPlugin = 'static-egress-gateway';
const annotationsCapability = 'io.kubernetes.cri.pod-annotations';

/** Throws ZodError when it is no conflist. */
export function parsePluginList(text: string): PluginList {
  return listShape.parse(JSON.parse(text));
}

/** The list as it was before our plugin was chained. */
export function withoutEgressPlugin(list: PluginList): PluginList {
  return { ...list, plugins: list.plugins.filter(({ type }) => type !== egressPlugin) };
}

/** A pod's sandbox as a container runtime makes it. */
export interface Sandbox {
  readonly containerId: string;
  /** Name of its network namespace in /run/netns. */
  readonly netns: string;
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly annotations: Readonly<Record<string, string>>;
}

/** Environment of a plugin. Source: CNI specification 1.0.0, section 2; kubernetes-lab.md, section 4. */
export function pluginEnvironment(command: 'ADD' | 'DEL', { containerId, netns, pod }: Sandbox): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: containerId,
    CNI_NETNS: `/run/netns/${netns}`,
    CNI_IFNAME: 'eth0',
    CNI_PATH: pluginFolder,
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=${pod.namespace};K8S_POD_NAME=${pod.name};K8S_POD_UID=${pod.uid}`,
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  };
}

export const pluginFolder = '/opt/cni/bin';

/** Standard input of the plugin with this index in the list, as libcni writes it: only what it has asked for by `capabilities`. */
export function pluginInput(list: PluginList, index: number, { annotations }: Sandbox, prevResult: unknown): string {
  const { name, cniVersion, plugins } = list;
  const { capabilities = {}, ...plugin } = plugins[index] ?? {};
  const runtimeConfig = capabilities[annotationsCapability] === true ? { [annotationsCapability]: annotations } : undefined;
  return JSON.stringify({ ...plugin, name, cniVersion, runtimeConfig, prevResult });
}
