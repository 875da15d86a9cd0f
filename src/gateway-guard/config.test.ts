import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './config.ts';

const env = { NODE_NAME: 'gateway-0', KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

test('without flags a node is held back for five minutes at most', () => {
  assert.deepEqual(parseConfig({ argv: [], env }), {
    logLevel: 'info',
    nodeName: 'gateway-0',
    apiServer: { host: '10.0.0.1', port: 443 },
    healthPort: 8081,
    limitMs: 300_000,
  });
});

const refused: readonly (readonly [what: string, argv: readonly string[], env: Record<string, string>, message: string])[] = [
  [
    'every problem is named at once',
    ['--limit-seconds=-1', '--log-level=loud'],
    { ...env, NODE_NAME: '' },
    '--log-level is none of debug, info, warn, error, silent; --limit-seconds is negative; NODE_NAME is missing',
  ],
  ['a flag that is none', ['--verbose'], env, "Unknown option '--verbose'"],
];

for (const [what, argv, variables, message] of refused)
  test(`refused: ${what}`, () => {
    assert.throws(() => parseConfig({ argv, env: variables }), {
      code: 'InvalidInput',
      message: new RegExp(`^the gateway-guard cannot start: ${RegExp.escape(message)}`),
    });
  });
