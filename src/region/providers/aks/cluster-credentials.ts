import type { ClusterPlatform } from '../../../cluster/cluster-platform.ts';
import { ArmError } from '../../arm/errors.ts';
import type { ResourceAction } from '../../arm/resource-provider.ts';
import type { ManagedClusterState } from './cluster-records.ts';
import { toClusterSpec } from './cluster-specs.ts';
import type { ManagedClusterBody } from './managed-cluster-body.ts';

const names = { user: 'clusterUser', admin: 'clusterAdmin' } as const;

/** POST listClusterUserCredential and listClusterAdminCredential: a kubeconfig in Base64 (arm-facts 3.9). */
export function credentialAction(
  clusters: ClusterPlatform,
  user: 'user' | 'admin',
): ResourceAction<ManagedClusterBody, ManagedClusterState> {
  return {
    kind: 'reply',
    async run({ resource }) {
      if (resource.body.properties.disableLocalAccounts)
        throw new ArmError(
          400,
          'BadRequest',
          'Getting static credential is not allowed because this cluster is set to disable local accounts.',
        );
      const spec = toClusterSpec(resource);
      if (spec === undefined)
        throw new ArmError(
          409,
          'OperationNotAllowed',
          `Cluster ${resource.name} has no control plane yet: wait until it is created.`,
        );
      const kubeconfig = await clusters.kubeconfig(spec, user);
      return { kubeconfigs: [{ name: names[user], value: Buffer.from(kubeconfig).toString('base64') }] };
    },
  };
}
