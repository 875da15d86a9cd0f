/** One answer of `ifconfig.me`, or the lack of one. */
export interface AddressSample {
  /** Milliseconds, the pod's clock, when the answer (or the failure) was there. */
  readonly atMs: number;
  readonly address: string | undefined;
}

/** Asks as fast as it can for `seconds`, one line per answer: `MILLISECONDS ADDRESS`, without address when there was none. */
export function samplingScript(seconds: number): string {
  return [
    `end=$(($(date +%s) + ${String(seconds)}))`,
    'while [ "$(date +%s)" -lt "$end" ]; do',
    '  address=$(curl --silent --connect-timeout 1 --max-time 2 http://ifconfig.me/ || :)',
    '  echo "$(date +%s%3N) $address"',
    '  sleep 0.02',
    'done',
  ].join('\n');
}

/** Parses a line of `samplingScript`; `undefined` for anything else. */
export function parseSample(line: string): AddressSample | undefined {
  const parts = /^(?<at>\d{13}) (?<address>\S*)$/.exec(line)?.groups;
  if (!parts) return undefined;
  const address = parts['address'] === '' ? undefined : parts['address'];
  return { atMs: Number(parts['at']), address };
}

/** The longest time between two answers, in milliseconds. */
export function longestSilenceMs(samples: readonly AddressSample[]): number {
  const answers = samples.filter(({ address }) => address !== undefined).map(({ atMs }) => atMs);
  return answers.reduce((longest, atMs, index) => Math.max(longest, atMs - (answers[index - 1] ?? atMs)), 0);
}
