import { type FeatureFlags, staticEgressGatewayFeature } from '../../subscription/feature-flags.ts';
import type { Problem } from './refusal.ts';

/**
 * What keeps static egress gateway from being enabled and gateway pools from being added: its preview feature is not Registered in the
 * subscription. Code and words: arm-facts 2. What exists already is not asked again.
 */
export function previewProblems(features: FeatureFlags, target: string): readonly Problem[] {
  if (features.isRegistered(staticEgressGatewayFeature)) return [];
  const [namespace = '', name = ''] = staticEgressGatewayFeature.split('/');
  const state = features.state(staticEgressGatewayFeature);
  const remedy =
    state === 'Registering'
      ? `It is Registering: wait until az feature show --namespace ${namespace} --name ${name} says Registered.`
      : `Register it first: az feature register --namespace ${namespace} --name ${name}.`;
  return [
    {
      code: 'PreviewFeatureNotRegistered',
      message: `Preview feature ${staticEgressGatewayFeature} not registered. ${remedy}`,
      target,
    },
  ];
}
