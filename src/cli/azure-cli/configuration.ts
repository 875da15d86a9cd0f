import type { RegionCredentials } from '../region-credentials.ts';

/** The name under which `az cloud list` shows the region. */
const cloudName = 'segw';

/** As the region's `/subscriptions` gives it. */
const subscriptionName = 'Local region';

/** A file of AZURE_CONFIG_DIR. */
export interface ConfigurationFile {
  readonly name: string;
  readonly content: string;
  /** The user's own from the moment it is there: `az config set` writes into it. */
  readonly isUsers?: boolean;
}

/**
 * The files that `az cloud register`, `az cloud set` and `az login --service-principal` would leave for this region, as az reads them
 * since version 2.30: `az login` would take the secret from the command line, where every process list shows it. A test
 * compares them with what az writes.
 */
export function azureConfiguration(region: RegionCredentials): readonly ConfigurationFile[] {
  return [
    { name: 'config', content: renderIni(userSettings), isUsers: true },
    { name: 'versionCheck.json', content: JSON.stringify({ check_time: never }), isUsers: true },
    { name: 'clouds.config', content: renderIni({ [cloudName]: cloudOf(region) }) },
    { name: 'azureProfile.json', content: JSON.stringify({ subscriptions: [subscriptionOf(region)] }) },
    { name: 'service_principal_entries.json', content: JSON.stringify([servicePrincipalOf(region)]) },
  ];
}

/** `instance_discovery`: az would ask the public cloud whether it knows our authority. The rest keeps az from calling home. */
const userSettings = {
  cloud: { name: cloudName },
  core: { instance_discovery: 'false', collect_telemetry: 'no', survey_message: 'no' },
  'auto-upgrade': { enable: 'no' },
};

/** When az last looked for a newer version of itself: the one that `segw az` runs is pinned. */
const never = '9999-01-01 00:00:00.000000';

/** What az makes of `/metadata/endpoints`. */
function cloudOf({ armEndpoint, authorityHost, subscriptionId }: RegionCredentials): Readonly<Record<string, string>> {
  const { hostname } = new URL(armEndpoint);
  return {
    endpoint_active_directory: authorityHost,
    endpoint_active_directory_graph_resource_id: `${armEndpoint}/graph`,
    endpoint_active_directory_resource_id: armEndpoint,
    endpoint_azmirror_storage_account_resource_id: armEndpoint,
    endpoint_management: armEndpoint,
    endpoint_microsoft_graph_resource_id: `${armEndpoint}/graph`,
    endpoint_portal: armEndpoint,
    endpoint_resource_manager: armEndpoint,
    suffix_acr_login_server_endpoint: `.azurecr.${hostname}`,
    suffix_keyvault_dns: `.vault.${hostname}`,
    suffix_storage_endpoint: `core.${hostname}`,
    subscription: subscriptionId,
  };
}

function subscriptionOf({ subscriptionId, tenantId, clientId }: RegionCredentials): object {
  return {
    id: subscriptionId,
    name: subscriptionName,
    state: 'Enabled',
    user: { name: clientId, type: 'servicePrincipal' },
    isDefault: true,
    tenantId,
    environmentName: cloudName,
    homeTenantId: tenantId,
    managedByTenants: [],
  };
}

function servicePrincipalOf({ clientId, tenantId, clientSecret }: RegionCredentials): object {
  return { client_id: clientId, tenant: tenantId, client_secret: clientSecret.reveal() };
}

function renderIni(sections: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  return Object.entries(sections)
    .map(([name, values]) => {
      const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}\n`);
      return `[${name}]\n${lines.join('')}\n`;
    })
    .join('');
}
