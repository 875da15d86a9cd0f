import { SegwError } from '../base/error.ts';
import type { ErrorCode } from '../base/error-codes.ts';

/** The codes that a cloud provider throws; the catalog has all of them. */
export type CloudErrorCode = Extract<
  ErrorCode,
  | 'CloudCredentialsRefused'
  | 'CloudPermissionMissing'
  | 'CloudRequestFailed'
  | 'CloudThrottled'
  | 'NicAddressLimit'
  | 'NotFound'
  | 'PrefixExhausted'
>;

interface CloudErrorDetails {
  /** What we were doing, as `read public IP prefix P`. */
  readonly what: string;
  readonly code: CloudErrorCode;
  /** The service's own code and text, unchanged: they are what a search engine knows. */
  readonly serviceCode: string;
  readonly serviceMessage: string;
  readonly retryable?: boolean;
  /** How long the service asks us to wait. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** An answer of the cloud that is not what we asked for. */
export class CloudError extends SegwError {
  readonly serviceCode: string;
  readonly serviceMessage: string;
  readonly retryAfterMs: number | undefined;

  constructor({ what, code, serviceCode, serviceMessage, retryable = false, retryAfterMs, cause }: CloudErrorDetails) {
    super(code, `${what}: ${serviceCode}: ${serviceMessage}`, { retryable, cause });
    this.serviceCode = serviceCode;
    this.serviceMessage = serviceMessage;
    this.retryAfterMs = retryAfterMs;
  }
}

/** True for an error of the cloud with one of these codes. */
export function isCloudError(thrown: unknown, ...codes: readonly CloudErrorCode[]): thrown is CloudError {
  return thrown instanceof CloudError && codes.some((code) => code === thrown.code);
}
