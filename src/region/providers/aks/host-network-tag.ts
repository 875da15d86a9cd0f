import type { FeatureSettings } from '../../../cluster/feature/feature-settings.ts';
import type { Problem } from './refusal.ts';

/** A tag on the cluster: what happens to a pod with hostNetwork that asks for a gateway. Azure has no property for it. */
const tag = 'segw-host-network-pods';
const choices = ['refuse', 'warn'] as const satisfies readonly FeatureSettings['hostNetworkPods'][];

type Tags = Readonly<Record<string, string>> | undefined;

/** Default: such a pod is refused, since it could not use the gateway. */
export function hostNetworkPods(tags: Tags): FeatureSettings['hostNetworkPods'] {
  return choices.find((choice) => choice === tags?.[tag]) ?? 'refuse';
}

export function hostNetworkTagProblem(tags: Tags): Problem | undefined {
  const value = tags?.[tag];
  if (value === undefined || choices.some((choice) => choice === value)) return undefined;
  return {
    code: 'InvalidParameter',
    message: `The tag ${tag} is '${value}'; allowed: ${choices.join(', ')}.`,
    target: `tags.${tag}`,
  };
}
