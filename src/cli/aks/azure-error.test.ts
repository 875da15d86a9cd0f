import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SegwError } from '../../base/error.ts';
import { toSegwError } from './azure-error.ts';

function failure(name: string, message: string, members: object = {}): Error {
  return Object.assign(new Error(message), { name }, members);
}

const cases: readonly {
  readonly what: string;
  readonly thrown: Error;
  readonly code: string;
  readonly message: string;
  readonly remedy?: RegExp;
}[] = [
  {
    what: 'a refusal keeps code and words of the service and gets its remedy',
    thrown: failure('RestError', 'not enabled', { code: 'StaticEgressGatewayNotEnabled', statusCode: 400 }),
    code: 'AzureRefused',
    message: 'add pool: (StaticEgressGatewayNotEnabled) not enabled',
    remedy: /--enable-static-egress-gateway/,
  },
  {
    what: 'a failed operation, of which the SDK keeps the message only',
    thrown: failure('Error', 'The long-running operation has failed. Timeout. node a: not after 120 s (NotReady. so far)'),
    code: 'Timeout',
    message: 'add pool: node a: not after 120 s (NotReady. so far)',
  },
  {
    what: "what is wrong with the region's host keeps its own code and way out",
    thrown: failure('Error', 'The long-running operation has failed. PortTaken. listen on 127.0.0.1:17002: address in use'),
    code: 'PortTaken',
    message: 'add pool: listen on 127.0.0.1:17002: address in use',
    remedy: /SEGW_PORT/,
  },
  {
    what: 'an answer without a code is known by its status',
    thrown: failure('RestError', 'Bad gateway', { statusCode: 502 }),
    code: 'AzureRefused',
    message: 'add pool: (HTTP 502) Bad gateway',
  },
  {
    what: 'a refused connection',
    thrown: failure('RestError', 'connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' }),
    code: 'AzureUnreachable',
    message: 'add pool: connect ECONNREFUSED 127.0.0.1:1',
    remedy: /segw up/,
  },
  {
    what: 'no credentials',
    thrown: failure('CredentialUnavailableError', 'Please run az login'),
    code: 'AzureSignInFailed',
    message: 'add pool: Please run az login',
    remedy: /az login/,
  },
];

describe('errors of the Azure SDK', () => {
  for (const { what, thrown, code, message, remedy = /./ } of cases)
    it(what, () => {
      const error = toSegwError(thrown, 'add pool');
      assert.ok(error instanceof SegwError);
      assert.deepEqual([error.code, error.message], [code, message]);
      assert.match(error.remedy, remedy);
      assert.equal(error.cause, thrown);
    });

  it('leave what is none of them alone', () => {
    for (const thrown of [new TypeError('x is undefined'), failure('AbortError', 'aborted'), 'text'])
      assert.equal(toSegwError(thrown, 'add pool'), thrown);
  });
});
