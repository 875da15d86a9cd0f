import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { differenceOf, generatedFiles } from '../src/api/reference/generated-files.ts';
import { readIfExists } from '../src/base/files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

for (const file of generatedFiles()) {
  test(`${file.path} is what \`node src/cmd/generate.ts\` writes`, async () => {
    assert.equal(differenceOf(file, await readIfExists(root + file.path)), undefined);
  });
}
