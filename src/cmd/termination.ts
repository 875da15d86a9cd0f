/** Resolves with its name when the process is asked to end. */
export async function untilAskedToEnd(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, resolve);
  return promise;
}
