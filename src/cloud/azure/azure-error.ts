import { messageOf } from '../../base/error.ts';
import { CloudError, type CloudErrorCode } from '../cloud-error.ts';

/** What the SDKs throw, as far as we read it: `RestError`, and `AuthenticationError` of the identity library. */
interface SdkError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

interface ServiceAnswer {
  readonly status: number | undefined;
  readonly code: string;
  readonly message: string;
}

/** A long-running operation that failed: the SDKs put the service's code and text into one message (core-lro, poller/operation.js). */
const failedOperation = /^The long-running operation has failed\. (?<code>[^.\s]+)\. (?<message>[\s\S]*)$/;

const codesByServiceCode: Readonly<Record<string, CloudErrorCode>> = {
  AuthorizationFailed: 'CloudPermissionMissing',
  LinkedAuthorizationFailed: 'CloudPermissionMissing',
  LinkedAccessCheckFailed: 'CloudPermissionMissing',
  PublicIpPrefixOutOfIpAddressesForVMScaleSet: 'PrefixExhausted',
  TooManyRequests: 'CloudThrottled',
  OperationNotAllowedThrottled: 'CloudThrottled',
};

const codesByStatus: Readonly<Record<number, CloudErrorCode>> = {
  401: 'CloudCredentialsRefused',
  403: 'CloudPermissionMissing',
  404: 'NotFound',
  429: 'CloudThrottled',
};

const credentialErrors = new Set(['AuthenticationError', 'AuthenticationRequiredError', 'CredentialUnavailableError']);

/** Conflicts (another operation runs), preconditions (somebody was faster) and failures of the service itself pass. */
const retryableStatus = new Set([408, 409, 412, 429, 500, 502, 503, 504]);

/** Makes our error of whatever an SDK threw. `what` says what we were doing, as `read scale set S`. */
export function toCloudError(what: string, thrown: unknown): CloudError {
  if (thrown instanceof CloudError) return thrown;
  const answer = answerOf(thrown);
  const code = codeOf(thrown, answer);
  return new CloudError({
    what,
    code,
    serviceCode: answer.code,
    serviceMessage: answer.message,
    retryable: isRetryable(code, answer),
    retryAfterMs: retryAfterMs(thrown),
    cause: thrown,
  });
}

function answerOf(thrown: unknown): ServiceAnswer {
  const message = messageOf(thrown).trim();
  if (!isSdkError(thrown)) return { status: undefined, code: 'Unknown', message };
  const failed = failedOperation.exec(message)?.groups;
  if (failed) return { status: undefined, code: failed['code'] ?? '', message: failed['message'] ?? '' };
  return { status: thrown.statusCode, code: thrown.code ?? thrown.name, message: withoutCode(message, thrown.code) };
}

/** Some clients put the code in front of the text. */
function withoutCode(message: string, code = ''): string {
  return code !== '' && message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
}

function codeOf(thrown: unknown, { status, code }: ServiceAnswer): CloudErrorCode {
  if (thrown instanceof Error && credentialErrors.has(thrown.name)) return 'CloudCredentialsRefused';
  return codesByServiceCode[code] ?? codesByStatus[status ?? 0] ?? 'CloudRequestFailed';
}

function isRetryable(code: CloudErrorCode, { status, code: serviceCode }: ServiceAnswer): boolean {
  if (code === 'CloudCredentialsRefused' || code === 'CloudThrottled') return true;
  if (code !== 'CloudRequestFailed') return false;
  // Without a status there was no answer at all, or an operation that had begun has failed.
  return status === undefined || retryableStatus.has(status) || serviceCode === 'InUsePublicIpPrefixCannotBeDeleted';
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfterMs(thrown: unknown): number | undefined {
  const value = isSdkError(thrown) ? thrown.response?.headers?.get('retry-after') : undefined;
  if (value === undefined) return undefined;
  const seconds = Number(value);
  const waitMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

function isSdkError(thrown: unknown): thrown is SdkError {
  return thrown instanceof Error;
}
