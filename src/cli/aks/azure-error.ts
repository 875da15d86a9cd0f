import type { ErrorCode } from '../../base/error-codes.ts';
import { SegwError } from '../../base/error.ts';

/** What the service's codes mean for the user; a code that is not here gets the remedy of the catalog. */
const remedies: Readonly<Record<string, string>> = {
  ResourceGroupNotFound: 'Create the group (az group create -n NAME -l LOCATION), or check the spelling of --resource-group.',
  ResourceNotFound: 'Check name and group; `segw aks list` shows the clusters that exist.',
  NotFound: 'Check the name; `segw aks nodepool list` shows the pools that exist.',
  OperationNotAllowed: 'Wait for the running operation: `segw aks show` and `segw aks nodepool list` show its state.',
  StaticEgressGatewayInvalidGatewayNodeCount:
    'Give --node-count 2 or more, at most one node per address of the prefix: /31 has 2, /30 has 4, /29 has 8, /28 has 16.',
  StaticEgressGatewayNotEnabled: 'Enable it first: segw aks update -g GROUP -n CLUSTER --enable-static-egress-gateway',
  StaticEgressGatewayNodepoolsExist:
    'Delete the gateway pools first: segw aks nodepool delete -g GROUP --cluster-name CLUSTER -n POOL',
  StaticEgressGatewayNodepoolInUse:
    'Delete the configurations first: kubectl delete sgc NAME -n NAMESPACE. To delete the pool in spite of them: segw aks nodepool update -g GROUP --cluster-name CLUSTER -n POOL --tags segw-delete-in-use=true',
  AuthorizationFailed: 'Ask for a role on this scope, such as "Azure Kubernetes Service Contributor Role".',
};

/** What a local region says about its host, in codes of ours. */
const hostCodes = [
  'CommandFailed',
  'DebianNeeded',
  'DiskFull',
  'GoMissing',
  'HostUnsuitable',
  'MachineBootFailed',
  'PortTaken',
  'SystemCall',
  'Timeout',
] as const satisfies readonly ErrorCode[];

const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'REQUEST_SEND_ERROR',
]);
const identityErrors: ReadonlySet<string> = new Set([
  'AuthenticationRequiredError',
  'AuthenticationError',
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
]);
const operationFailed = /^The long-running operation has failed\. (?<code>[^.\s]+)\. (?<reason>.*)$/s;

/** Whatever the Azure SDK throws, as ours; what is none of its errors comes back as it is. `doing`: what we were doing. */
export function toSegwError(thrown: unknown, doing: string): unknown {
  if (!(thrown instanceof Error) || thrown instanceof SegwError) return thrown;
  const { code, reason } = reasonOf(thrown);
  const message = `${doing}: ${reason}`;
  // What is left of "connection refused" when the token endpoint was asked.
  if (reason.includes('endpoints_resolution_error'))
    return new SegwError('AzureUnreachable', `${doing}: the token endpoint does not answer`, { cause: thrown, retryable: true });
  if (isSignIn(thrown, code)) return new SegwError('AzureSignInFailed', message, { cause: thrown });
  if (code === undefined) return thrown;
  const hostCode = hostCodes.find((known) => known === code);
  if (hostCode !== undefined) return new SegwError(hostCode, message, { cause: thrown });
  if (unreachable.has(code)) return new SegwError('AzureUnreachable', message, { cause: thrown, retryable: true });
  return new SegwError('AzureRefused', `${doing}: (${code}) ${reason}`, {
    cause: thrown,
    ...(remedies[code] === undefined ? {} : { remedy: remedies[code] }),
  });
}

/** The service's code and words; of a failed operation the SDK keeps them in its message only. */
function reasonOf(thrown: Error): { readonly code: string | undefined; readonly reason: string } {
  const failed = operationFailed.exec(thrown.message)?.groups;
  if (failed !== undefined) return { code: failed['code'], reason: failed['reason'] ?? thrown.message };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
  return { code: code ?? ('statusCode' in thrown ? `HTTP ${String(thrown.statusCode)}` : undefined), reason: thrown.message };
}

function isSignIn({ name }: Error, code: string | undefined): boolean {
  return identityErrors.has(name) || code === 'InvalidAuthenticationToken' || code === 'ExpiredAuthenticationToken';
}

/** True when the service says that there is no such resource. */
export function isAbsent(thrown: unknown): boolean {
  return thrown instanceof Error && 'statusCode' in thrown && thrown.statusCode === 404;
}

/** True when the service refused a change because an operation runs on the same cluster (of what `toSegwError` made). */
export function isBusy(thrown: unknown): boolean {
  const cause = thrown instanceof SegwError ? thrown.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'OperationNotAllowed';
}
