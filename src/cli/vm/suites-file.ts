/**
 * A test file that holds others (paths relative to `folder`), a suite each: one process runs them all, which costs one start of Node, and
 * the hooks at the top of a file stay that file's.
 */
export function suitesFile(folder: string, files: readonly string[]): string {
  const suites = files.map((file) => {
    const path = JSON.stringify(`${folder}/${file}`);
    return `describe(${JSON.stringify(file)}, async () => void (await import(${path})));\n`;
  });
  return `import { describe } from 'node:test';\n${suites.join('')}`;
}
