import { parseArgs } from 'node:util';
import { z } from 'zod';
import { messageOf, SegwError } from '../base/error.ts';
import type { AzureSettings, WorkloadIdentity } from '../cloud/azure/azure-settings.ts';

export interface OperatorConfig {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where health and metrics are served, on every address of the pod. */
  readonly healthPort: number;
  readonly byoPrefixes: 'any' | 'tagged';
  /** Unique among the replicas: the pod's name. */
  readonly identity: string;
  readonly azure: Omit<AzureSettings, 'authoritiesPem'>;
  /** Authorities to trust besides the well-known ones: a PEM file. */
  readonly caFile: string | undefined;
  readonly workloadIdentity: WorkloadIdentity;
  readonly apiServer: { readonly host: string; readonly port: number };
}

interface ConfigSources {
  /** Without the program and its file. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

const flags = {
  'log-level': { type: 'string', default: 'info' },
  'health-port': { type: 'string', default: '8081' },
  'byo-prefixes': { type: 'string', default: 'any' },
} as const;

const port = z.coerce.number('is not a port').int().min(1).max(65_535);
const required = z.string('is missing').min(1, 'is missing');
const httpsUrl = z.url({ protocol: /^https$/, error: 'is not an https URL' });
const flag = z.stringbool({ error: 'is neither true nor false' });

const schema = z.object({
  '--log-level': z.enum(['debug', 'info', 'warn', 'error', 'silent']),
  '--health-port': port,
  '--byo-prefixes': z.enum(['any', 'tagged']),
  POD_NAME: required,
  KUBERNETES_SERVICE_HOST: required,
  KUBERNETES_SERVICE_PORT: port,
  AZURE_SUBSCRIPTION_ID: required,
  AZURE_TENANT_ID: required,
  AZURE_CLIENT_ID: required,
  AZURE_FEDERATED_TOKEN_FILE: required,
  AZURE_AUTHORITY_HOST: httpsUrl.default('https://login.microsoftonline.com'),
  SEGW_ARM_ENDPOINT: httpsUrl.default('https://management.azure.com'),
  SEGW_ARM_AUDIENCE: required.optional(),
  SEGW_RESOURCE_GROUP: required,
  SEGW_CA_FILE: required.optional(),
  SEGW_DISABLE_INSTANCE_DISCOVERY: flag.default(false),
});

/** Reads flags and environment. Throws `InvalidInput` that lists every problem. An empty variable counts as absent. */
export function parseConfig({ argv, env }: ConfigSources): OperatorConfig {
  const values = parseFlags(argv);
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { success, data, error } = schema.safeParse({ ...given, ...values });
  if (!success) throw new SegwError('InvalidInput', `the operator cannot start: ${problemsOf(error)}`);
  const endpoint = data.SEGW_ARM_ENDPOINT.replace(/\/$/, '');
  return {
    logLevel: data['--log-level'],
    healthPort: data['--health-port'],
    byoPrefixes: data['--byo-prefixes'],
    identity: data.POD_NAME,
    azure: {
      subscriptionId: data.AZURE_SUBSCRIPTION_ID,
      resourceGroup: data.SEGW_RESOURCE_GROUP,
      endpoint,
      audience: data.SEGW_ARM_AUDIENCE ?? endpoint,
    },
    caFile: data.SEGW_CA_FILE,
    workloadIdentity: {
      tenantId: data.AZURE_TENANT_ID,
      clientId: data.AZURE_CLIENT_ID,
      tokenFile: data.AZURE_FEDERATED_TOKEN_FILE,
      authorityHost: data.AZURE_AUTHORITY_HOST,
      disableInstanceDiscovery: data.SEGW_DISABLE_INSTANCE_DISCOVERY,
    },
    apiServer: { host: data.KUBERNETES_SERVICE_HOST, port: data.KUBERNETES_SERVICE_PORT },
  };
}

function parseFlags(argv: readonly string[]): Readonly<Record<string, unknown>> {
  try {
    const { values } = parseArgs({ args: [...argv], options: flags, strict: true });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [`--${name}`, value]));
  } catch (error) {
    throw new SegwError('InvalidInput', `the operator cannot start: ${messageOf(error)}`, { cause: error });
  }
}

function problemsOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ');
}
