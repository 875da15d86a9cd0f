import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import type { ComputeManagementClient } from '@azure/arm-compute';
import type { ContainerServiceClient, ContainerServiceClientOptionalParams } from '@azure/arm-containerservice';
import type { ResourceManagementClient } from '@azure/arm-resources';
import { SegwError } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { regionConnection } from '../region-connection.ts';
import type { RegionCredentials } from '../region-credentials.ts';

/** The clients of the Azure SDK that `segw aks` works with. */
export interface AzureClients {
  readonly compute: ComputeManagementClient;
  readonly containers: ContainerServiceClient;
  readonly resources: ResourceManagementClient;
}

type RequestPolicy = NonNullable<ContainerServiceClientOptionalParams['additionalPolicies']>[number];

interface RegionClientOptions {
  readonly subscription?: string | undefined;
  /** Ends the requests, and the waits between them. */
  readonly signal?: AbortSignal;
  /** How often the SDK itself repeats a request that found nobody. Default: the SDK's own, which waits for seconds. */
  readonly maxRetries?: number;
}

/** The region answers each request at once, long-running ones included: a longer silence is a hanging daemon. */
const requestTimeoutMs = 30_000;

export interface CloudOptions {
  readonly subscription?: string;
  /** The public cloud, even where a local region is at hand. */
  readonly azure?: boolean;
}

/** Clients of the local region, or else of the public cloud. Throws `InvalidInput` when the subscription is not known. */
export async function createAzureClients(context: Context, options: CloudOptions): Promise<AzureClients> {
  const region = options.azure === true ? undefined : await regionConnection(context);
  return region === undefined
    ? publicClients(context, options)
    : createRegionClients(region, { subscription: options.subscription, signal: context.signal });
}

/** Clients of this local region, whatever the environment says. */
export async function createRegionClients(
  region: RegionCredentials,
  { subscription, signal, maxRetries }: RegionClientOptions = {},
): Promise<AzureClients> {
  const { compute, containerService, resourceManagement } = await loadSdk();
  const { armEndpoint: endpoint } = region;
  const { agent, credential } = await regionCredential(region, signal);
  const subscriptionId = subscription ?? region.subscriptionId;
  const retryOptions = maxRetries === undefined ? {} : { retryOptions: { maxRetries } };
  const options = { endpoint, agent, additionalPolicies: [endingPolicy(signal)], ...retryOptions };
  return {
    compute: new compute.ComputeManagementClient(credential, subscriptionId, options),
    containers: new containerService.ContainerServiceClient(credential, subscriptionId, options),
    resources: new resourceManagement.ResourceManagementClient(credential, subscriptionId, options),
  };
}

/** A bearer token for the region, for what no SDK knows. */
export async function regionToken(region: RegionCredentials, signal: AbortSignal): Promise<string> {
  const { credential } = await regionCredential(region, signal);
  return (await credential.getToken(`${region.armEndpoint}/.default`)).token;
}

async function regionCredential(region: RegionCredentials, signal?: AbortSignal) {
  const { tenantId, clientId, clientSecret, authorityHost, caFile } = region;
  const { identity } = await loadSdk();
  // An agent of its own: it trusts the region's authority and, unlike the SDK's default, passes by HTTPS_PROXY.
  const agent = new Agent({ ca: await readFile(caFile, 'utf8'), keepAlive: true });
  const credential = new identity.ClientSecretCredential(tenantId, clientId, clientSecret.reveal(), {
    authorityHost,
    disableInstanceDiscovery: true,
    agent,
    additionalPolicies: [endingPolicy(signal)],
    retryOptions: { maxRetries: 0 }, // on loopback it is there or it is not
  });
  return { agent, credential };
}

/** No request outlives the command, or the patience that a region may ask for. */
function endingPolicy(signal?: AbortSignal): RequestPolicy {
  return {
    position: 'perCall',
    policy: {
      name: 'endingPolicy',
      sendRequest(request, next) {
        // Not `request.timeout`: its timer would outlive a request that is refused, and keep the process alive.
        const limit = AbortSignal.timeout(requestTimeoutMs);
        const given = request.abortSignal instanceof AbortSignal ? request.abortSignal : signal;
        request.abortSignal = given ? AbortSignal.any([given, limit]) : limit;
        return next(request);
      },
    },
  };
}

async function publicClients({ env }: Context, { subscription }: CloudOptions): Promise<AzureClients> {
  const subscriptionId = subscription ?? env['AZURE_SUBSCRIPTION_ID'];
  if (subscriptionId === undefined || subscriptionId === '') {
    throw new SegwError('InvalidInput', 'there is no local region, and no subscription is given for Azure', {
      remedy: 'Start a local region with `segw up`; or, for Azure, give --subscription or set AZURE_SUBSCRIPTION_ID.',
    });
  }
  const { compute, containerService, resourceManagement, identity } = await loadSdk();
  const credential = new identity.DefaultAzureCredential();
  return {
    compute: new compute.ComputeManagementClient(credential, subscriptionId),
    containers: new containerService.ContainerServiceClient(credential, subscriptionId),
    resources: new resourceManagement.ResourceManagementClient(credential, subscriptionId),
  };
}

/** Loaded when needed: half a second that `segw --help` need not wait. */
async function loadSdk() {
  const [compute, containerService, resourceManagement, identity] = await Promise.all([
    import('@azure/arm-compute'),
    import('@azure/arm-containerservice'),
    import('@azure/arm-resources'),
    import('@azure/identity'),
  ]);
  return { compute, containerService, resourceManagement, identity };
}
