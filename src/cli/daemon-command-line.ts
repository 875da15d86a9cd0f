const script = 'src/cmd/region.ts';

/** Arguments of Node for one verb of the region daemon (`src/cmd/region.ts`). */
export function daemonArguments(root: string, verb: 'serve' | 'sweep', stateDir: string): readonly string[] {
  return [`${root.replace(/\/$/, '')}/${script}`, verb, stateDir];
}

/** `commandLine` as in `/proc/PID/cmdline`: words that end in NUL. */
export function isDaemonOf(stateDir: string, commandLine: string): boolean {
  const [, file, ...words] = commandLine.split('\0');
  return file?.endsWith(`/${script}`) === true && words.join('\0') === `serve\0${stateDir}\0`;
}
