import type { ConditionReason } from '../../api/conditions.ts';
import { messageOf } from '../../base/error.ts';
import { CloudError } from '../../cloud/cloud-error.ts';

/** Why a condition is as it is. */
export interface Finding {
  readonly reason: ConditionReason;
  readonly message: string;
}

const reasonsByCode: Partial<Record<CloudError['code'], ConditionReason>> = {
  CloudPermissionMissing: 'CloudPermissionMissing',
  CloudThrottled: 'CloudThrottled',
  NicAddressLimit: 'NicAddressLimit',
  PrefixExhausted: 'PrefixExhausted',
};

/** What to say about a call to the cloud that failed: the service's own code and text, and what to do. */
export function findingOf(error: CloudError): Finding {
  return { reason: reasonsByCode[error.code] ?? 'CloudError', message: `${messageOf(error)}. ${error.remedy}` };
}

/** Whether the error says that the identity may not use this prefix: read it, or join it to a scale set (arm-facts section 3.8). */
export function isMissingPrefixPermission(error: unknown, prefixId: string): error is CloudError {
  if (!(error instanceof CloudError) || error.code !== 'CloudPermissionMissing') return false;
  return error.serviceMessage.toLowerCase().includes(prefixId.toLowerCase());
}
