import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CloudErrorCode } from '../cloud-error.ts';
import { toCloudError } from './azure-error.ts';

interface Row {
  readonly what: string;
  readonly thrown: Error;
  readonly code: CloudErrorCode;
  readonly serviceCode: string;
  readonly retryable: boolean;
}

function restError(statusCode: number | undefined, code: string, message = 'text', headers: Record<string, string> = {}): Error {
  const response = { headers: { get: (name: string) => headers[name] } };
  return Object.assign(new Error(message), { name: 'RestError', statusCode, code, response });
}

function operationError(code: string): Error {
  return new Error(`The long-running operation has failed. ${code}. The text. With dots.`);
}

const rows: readonly Row[] = [
  {
    what: 'forbidden',
    thrown: restError(403, 'AuthorizationFailed'),
    code: 'CloudPermissionMissing',
    serviceCode: 'AuthorizationFailed',
    retryable: false,
  },
  {
    what: 'a linked right',
    thrown: restError(403, 'LinkedAuthorizationFailed'),
    code: 'CloudPermissionMissing',
    serviceCode: 'LinkedAuthorizationFailed',
    retryable: false,
  },
  {
    what: 'throttled',
    thrown: restError(429, 'TooManyRequests'),
    code: 'CloudThrottled',
    serviceCode: 'TooManyRequests',
    retryable: true,
  },
  {
    what: 'absent',
    thrown: restError(404, 'ResourceNotFound'),
    code: 'NotFound',
    serviceCode: 'ResourceNotFound',
    retryable: false,
  },
  {
    what: 'another operation runs',
    thrown: restError(409, 'OperationNotAllowed'),
    code: 'CloudRequestFailed',
    serviceCode: 'OperationNotAllowed',
    retryable: true,
  },
  {
    what: 'somebody was faster',
    thrown: restError(412, 'PreconditionFailed'),
    code: 'CloudRequestFailed',
    serviceCode: 'PreconditionFailed',
    retryable: true,
  },
  {
    what: 'a bad request',
    thrown: restError(400, 'InvalidParameter'),
    code: 'CloudRequestFailed',
    serviceCode: 'InvalidParameter',
    retryable: false,
  },
  {
    what: 'a prefix in use',
    thrown: restError(400, 'InUsePublicIpPrefixCannotBeDeleted'),
    code: 'CloudRequestFailed',
    serviceCode: 'InUsePublicIpPrefixCannotBeDeleted',
    retryable: true,
  },
  {
    what: 'the service is down',
    thrown: restError(503, 'ServiceUnavailable'),
    code: 'CloudRequestFailed',
    serviceCode: 'ServiceUnavailable',
    retryable: true,
  },
  {
    what: 'no answer',
    thrown: restError(undefined, 'REQUEST_SEND_ERROR'),
    code: 'CloudRequestFailed',
    serviceCode: 'REQUEST_SEND_ERROR',
    retryable: true,
  },
  {
    what: 'a token that is refused',
    thrown: restError(401, 'InvalidAuthenticationToken'),
    code: 'CloudCredentialsRefused',
    serviceCode: 'InvalidAuthenticationToken',
    retryable: true,
  },
  {
    what: 'an exhausted prefix',
    thrown: operationError('PublicIpPrefixOutOfIpAddressesForVMScaleSet'),
    code: 'PrefixExhausted',
    serviceCode: 'PublicIpPrefixOutOfIpAddressesForVMScaleSet',
    retryable: false,
  },
  {
    what: 'an operation that failed',
    thrown: operationError('InternalServerError'),
    code: 'CloudRequestFailed',
    serviceCode: 'InternalServerError',
    retryable: true,
  },
];

for (const { what, thrown, code, serviceCode, retryable } of rows) {
  test(`${what} is ${code}`, () => {
    const error = toCloudError('read it', thrown);
    assert.deepEqual([error.code, error.serviceCode, error.retryable, error.cause], [code, serviceCode, retryable, thrown]);
  });
}

test('the message says what was done, and quotes code and text', () => {
  assert.equal(toCloudError('update set', operationError('Gone')).message, 'update set: Gone: The text. With dots.');
  assert.equal(toCloudError('read it', restError(400, 'Bad', 'Bad: text')).message, 'read it: Bad: text');
});

test('the time that the service asks for is kept, in seconds or as a date', () => {
  assert.equal(toCloudError('x', restError(429, 'T', '', { 'retry-after': '17' })).retryAfterMs, 17_000);
  const date = new Date(Date.now() + 60_000).toUTCString();
  const waitMs = toCloudError('x', restError(429, 'T', '', { 'retry-after': date })).retryAfterMs ?? 0;
  assert.ok(waitMs > 50_000 && waitMs <= 60_000);
  assert.equal(toCloudError('x', restError(429, 'T', '', { 'retry-after': 'soon' })).retryAfterMs, undefined);
});

test('an error that is ours already stays as it is', () => {
  const ours = toCloudError('first', restError(404, 'ResourceNotFound'));
  assert.equal(toCloudError('second', ours), ours);
});
