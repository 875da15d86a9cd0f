import { fileURLToPath } from 'node:url';
import { runProgram } from '../cli/program.ts';

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort(new Error(`ended by ${signal}`)));

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  userId: process.getuid?.() ?? 0,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  signal: abort.signal,
});
