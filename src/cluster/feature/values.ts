import { createHash } from 'node:crypto';
import type { ClusterSpec } from '../cluster-platform.ts';
import type { NodeImage } from '../node-images.ts';
import type { FeatureSettings } from './feature-settings.ts';

/** Of `deploy/images/static-egress-gateway`. */
export const featureImageReference = 'segw.local/static-egress-gateway:0.1.0';

/** The values of the manifests (`deploy/manifests/README.md`). */
export function manifestValues(
  cluster: Pick<ClusterSpec, 'location' | 'nodeResourceGroup'>,
  image: Pick<NodeImage, 'reference' | 'digest'>,
  settings: FeatureSettings,
): Readonly<Record<string, string>> {
  const operatorSettings = {
    SUBSCRIPTION_ID: settings.subscriptionId,
    TENANT_ID: settings.tenantId,
    CLIENT_ID: settings.clientId,
    AUTHORITY_HOST: settings.authorityHost,
    ARM_ENDPOINT: settings.armEndpoint,
    ARM_AUDIENCE: settings.armAudience,
    LOCATION: cluster.location,
    RESOURCE_GROUP: cluster.nodeResourceGroup,
    // Only Microsoft's own authorities are in Microsoft's directory of authorities.
    DISABLE_INSTANCE_DISCOVERY: String(!settings.authorityHost.startsWith('https://login.microsoftonline.com')),
    AUTHORITY_PEM: settings.authorityPem,
  };
  return {
    ...operatorSettings,
    IMAGE: image.reference,
    IMAGE_DIGEST: image.digest,
    SETTINGS_DIGEST: createHash('sha256').update(JSON.stringify(operatorSettings)).digest('hex').slice(0, 12),
    HOST_NETWORK_ACTION: settings.hostNetworkPods === 'refuse' ? 'Deny' : 'Warn',
  };
}
