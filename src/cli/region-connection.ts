import { SegwError } from '../base/error.ts';
import type { Context } from './context.ts';
import { parseRegionCredentials, readRegionCredentials, type RegionCredentials } from './region-credentials.ts';

const variables = {
  armEndpoint: 'SEGW_ARM_ENDPOINT',
  caFile: 'SEGW_CA_FILE',
  authorityHost: 'AZURE_AUTHORITY_HOST',
  subscriptionId: 'AZURE_SUBSCRIPTION_ID',
  tenantId: 'AZURE_TENANT_ID',
  clientId: 'AZURE_CLIENT_ID',
  clientSecret: 'AZURE_CLIENT_SECRET',
} as const satisfies Record<keyof RegionCredentials, string>;

/**
 * How to reach a local region: from the variables that `segw env` exports, else from the files of this installation's region;
 * undefined when there is neither. Throws `InvalidInput` when only some of the variables are set.
 */
export async function regionConnection({
  env,
  settings,
}: Pick<Context, 'env' | 'settings'>): Promise<RegionCredentials | undefined> {
  if (env[variables.armEndpoint] !== undefined) return fromEnvironment(env);
  try {
    return await readRegionCredentials(settings);
  } catch (error) {
    if (error instanceof SegwError && error.code === 'RegionMissing') return undefined;
    throw error;
  }
}

function fromEnvironment(env: Context['env']): RegionCredentials {
  const missing = Object.values(variables).filter((name) => env[name] === undefined || env[name] === '');
  if (missing.length > 0) {
    throw new SegwError('InvalidInput', `${variables.armEndpoint} is set, but not ${missing.join(', ')}`, {
      remedy: 'Run `eval "$(segw env)"` again, which sets all of them; or unset it to work on the public cloud.',
    });
  }
  return parseRegionCredentials(Object.fromEntries(Object.entries(variables).map(([member, name]) => [member, env[name]])));
}
