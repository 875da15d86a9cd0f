import type { JWK } from 'jose';
import type { Logger } from '../../base/log.ts';
import type { MachineContent } from '../../cluster/machine-content.ts';
import type { DerivedType, ResourceProvider } from '../arm/resource-provider.ts';
import type { PrincipalRegistry } from '../arm/principals.ts';
import type { ResourceView } from '../arm/resource.ts';
import type { RoleAssignments } from '../authorization/role-assignments.ts';
import type { Platform } from '../platform.ts';
import type { RegionSettings } from '../settings.ts';
import type { FeatureFlags } from '../subscription/feature-flags.ts';

/** What providers are made with. */
export interface RegionWorld {
  readonly platform: Platform;
  readonly settings: RegionSettings;
  readonly network: RegionNetwork;
  readonly principals: PrincipalRegistry;
  /** Rights that the region gives by itself. */
  readonly assignments: Pick<RoleAssignments, 'ensure' | 'revoke'>;
  readonly features: FeatureFlags;
  readonly subscriptionId: string;
  readonly tenantId: string;
  /** PEM: who signed the certificate of the plane. */
  readonly authorityPem: string;
  readonly log: Logger;
}

/** The fabric as the store wants it. */
export interface RegionNetwork {
  /** Resolves when everything that was stored before the call is carried by the fabric. Calls that come together are answered by one application. */
  apply(): Promise<void>;
}

/** An instance of a scale set that belongs to an agent pool: the scale set's model says so in its `vmssCSE` extension. */
export interface PoolInstance {
  /** `/subscriptions/.../virtualMachineScaleSets/NAME/virtualMachines/N` */
  readonly id: string;
  /** Computer name = machine name = node name: `aks-pool-12345678-vmss000000`. */
  readonly name: string;
  /** Primary private address. */
  readonly address: string;
  /** `a.b.c.0/24` out of the cluster's `properties.networkProfile.podCidr`; stable for the instance's life. */
  readonly podCidr: string;
  readonly vmSize: string;
  readonly clusterId: string;
  readonly agentPool: string;
}

/** What the Kubernetes service does for an instance of a pool. All idempotent. */
export interface NodeBootstrap {
  /** For a new disk. */
  content(): Promise<MachineContent>;
  /** Resolves when the node is Ready. */
  ready(signal: AbortSignal): Promise<void>;
  /** Resolves when the node does for its pool what the others do: a gateway serves what they serve. Other nodes: at once. */
  serving(signal: AbortSignal): Promise<void>;
  /** Before the machine goes: cordon, evict (at most `limitMs`, or what its pool says), delete the Node object. Also when the cluster is gone. */
  leave(limitMs: number): Promise<void>;
}

/** The Kubernetes service as the rest of the region sees it. */
export interface KubernetesService {
  /** managedClusters, agentPools. */
  readonly providers: readonly ResourceProvider[];
  readonly derivedTypes?: readonly DerivedType[];
  /** `view`: where it reads the instance's cluster and pool whenever it is asked to act. */
  bootstrap(instance: PoolInstance, view: ResourceView): NodeBootstrap;
  /** Public keys for service account tokens with this `iss`; empty when no cluster issues them. */
  serviceAccountKeys(issuer: string, view: ResourceView): Promise<readonly JWK[]>;
}

/** The part of a managed cluster's stored `state` that the fabric reads. */
export interface ClusterNetworkState {
  readonly controlPlane?:
    | {
        /** The machine's name. */
        readonly machine: string;
        readonly subnetId: string;
        readonly address: string;
        /** Lower case, colons. */
        readonly mac: string;
        readonly isConnected: boolean;
      }
    | undefined;
}
