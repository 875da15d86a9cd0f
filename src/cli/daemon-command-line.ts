const script = 'src/cmd/region.ts';

/**
 * The daemon waits for requests most of its time: a small heap is worth more than fast code, so less of both is kept, and nothing is
 * optimised for the sake of speed (V8). With 1,000 resources that is 120 MB instead of 150, and a read takes 0.7 ms instead of 0.5.
 */
const nodeFlags = ['--optimize-for-size', '--max-semi-space-size=1', '--no-opt', '--no-maglev'];

/** Arguments of Node for one verb of the region daemon (`src/cmd/region.ts`). */
export function daemonArguments(root: string, verb: 'serve' | 'sweep', stateDir: string): readonly string[] {
  return [...nodeFlags, `${root.replace(/\/$/, '')}/${script}`, verb, stateDir];
}

/** `commandLine` as in `/proc/PID/cmdline`: words that end in NUL. */
export function isDaemonOf(stateDir: string, commandLine: string): boolean {
  const [, ...all] = commandLine.split('\0');
  const [file, ...words] = all.slice(all.findIndex((word) => !word.startsWith('--')));
  return file?.endsWith(`/${script}`) === true && words.join('\0') === `serve\0${stateDir}\0`;
}
