/** What the operator is told of the cloud, and how the cluster meets its users. */
export interface FeatureSettings {
  readonly subscriptionId: string;
  readonly tenantId: string;
  /** Of the identity that the operator's service account stands for. */
  readonly clientId: string;
  /** As the cluster's pods reach it. */
  readonly armEndpoint: string;
  /** What tokens are asked for. */
  readonly armAudience: string;
  /** As the cluster's pods reach it. */
  readonly authorityHost: string;
  /** PEM: who signed the certificates of the two. */
  readonly authorityPem: string;
  /** What happens to a pod with hostNetwork that asks for a gateway: it is refused, or let in with a warning. */
  readonly hostNetworkPods: 'refuse' | 'warn';
}
