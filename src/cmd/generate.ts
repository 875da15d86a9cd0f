import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { differenceOf, generatedFiles } from '../api/reference/generated-files.ts';
import { readIfExists, writeFileAtomic } from '../base/files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

/** Writes the generated files; with `--check` writes nothing, lists what differs and ends with 1 if anything does. */
for (const file of generatedFiles()) {
  const difference = differenceOf(file, await readIfExists(root + file.path));
  if (difference === undefined) continue;
  process.stdout.write(values.check ? `${difference}\n` : `wrote ${file.path}\n`);
  if (values.check) process.exitCode = 1;
  else await writeFileAtomic(root + file.path, file.content);
}
