/** Where a piece of work says what it does. The command line renders it; tests and daemons pass `silentProgress`. */
export interface Progress {
  step(title: string): ProgressStep;
}

/** One running step: any number of lines, then exactly one of `done` and `failed`, with the seconds since it began. */
export interface ProgressStep {
  line(text: string): void;
  done(seconds: number): void;
  failed(seconds: number): void;
}

export const silentProgress: Progress = {
  step: () => ({ line() {}, done() {}, failed() {} }),
};

/** Runs `work` as a step: measures it, and ends the step whether it returns or throws. */
export async function inStep<T>(progress: Progress, title: string, work: (step: ProgressStep) => Promise<T>): Promise<T> {
  const step = progress.step(title);
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1000;
  try {
    const result = await work(step);
    step.done(seconds());
    return result;
  } catch (error) {
    step.failed(seconds());
    throw error;
  }
}
