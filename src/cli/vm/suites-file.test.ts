import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suitesFile } from './suites-file.ts';

test('each file is a suite that is called as it is in the repository', () => {
  assert.equal(
    suitesFile('/segw/project', ['test/a.test.ts', 'test/b/c.test.ts']),
    `import { describe } from 'node:test';
describe("test/a.test.ts", async () => void (await import("/segw/project/test/a.test.ts")));
describe("test/b/c.test.ts", async () => void (await import("/segw/project/test/b/c.test.ts")));
`,
  );
});
