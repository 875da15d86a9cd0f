/** The name of the plugin: its type in a conflist, and its file in the plugin directory. */
export const pluginType = 'static-egress-gateway';

/** The capability by which containerd hands over the pod's annotations, and the member of `runtimeConfig` that holds them. */
export const annotationsCapability = 'io.kubernetes.cri.pod-annotations';

/**
 * Versions of the CNI specification whose results the plugin can pass on. Newest last. They differ in nothing that it reads: 0.3.0
 * brought `interfaces`, 1.0.0 took `version` off the addresses, 1.1.0 added STATUS and GC.
 */
export const supportedVersions = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

/** The version in which we answer somebody whose version we do not know. */
export const defaultVersion = '1.0.0';
