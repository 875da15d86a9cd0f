/** Milliseconds, with fractions, of the one monotonic clock that all processes and threads of this host share (CLOCK_MONOTONIC). */
export function hostClockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
