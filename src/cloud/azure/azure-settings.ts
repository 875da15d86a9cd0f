/** Where the Azure Resource Manager is, and who we are there. */
export interface AzureSettings {
  readonly subscriptionId: string;
  /** Where scale sets are looked for by pool name, and where our prefixes are made: the node resource group. */
  readonly resourceGroup: string;
  /** As `https://management.azure.com`. */
  readonly endpoint: string;
  /** What tokens are asked for: `AUDIENCE/.default`. */
  readonly audience: string;
  /** Authorities to trust besides the well-known ones: PEM. */
  readonly authoritiesPem?: string | undefined;
}

/** The identity that the service account's token is exchanged for (workload identity). */
export interface WorkloadIdentity {
  readonly tenantId: string;
  readonly clientId: string;
  /** A projected token of the service account; kubelet renews it. */
  readonly tokenFile: string;
  /** As `https://login.microsoftonline.com`. */
  readonly authorityHost: string;
  /** For authorities that Microsoft's directory of authorities does not know. */
  readonly disableInstanceDiscovery: boolean;
}
