/** A level of the test suite: which files, how many at once, and the limit after which a hanging file is ended. */
export interface TestLevel {
  readonly name: string;
  readonly globs: readonly string[];
  /** How many processes at once. */
  readonly concurrency: number;
  /** Else all files share one process, which saves a quarter of a second per file; they may then change nothing that outlives a test. */
  readonly isProcessPerFile: boolean;
  readonly timeoutMs: number;
  readonly needsRoot: boolean;
  /** The level runs on a region of its own, in a state folder that is made for it and purged after it. */
  readonly ownRegion?: boolean;
  /** The level runs in a QEMU guest (`vm/guest-level.ts`), and only when it is named. Its limits, from the guest's start on. */
  readonly guest?: { readonly bootMs: number; readonly totalMs: number };
}

export type GuestTestLevel = TestLevel & Required<Pick<TestLevel, 'guest'>>;

export function isGuestLevel(level: TestLevel): level is GuestTestLevel {
  return level.guest !== undefined;
}

const minute = 60_000;

/** In the order in which they run: what is quick and needs nothing comes first. `docs`: CONTRIBUTING.md. */
export const testLevels: readonly TestLevel[] = [
  {
    name: 'unit',
    globs: ['src/**/*.test.ts', 'test/*.test.ts'],
    concurrency: 1,
    isProcessPerFile: false,
    timeoutMs: minute,
    needsRoot: false,
  },
  {
    name: 'scenario',
    globs: ['test/scenarios/**/*.test.ts'],
    concurrency: 2,
    isProcessPerFile: true,
    timeoutMs: 2 * minute,
    needsRoot: false,
  },
  {
    name: 'integration',
    globs: ['test/integration/**/*.test.ts'],
    concurrency: 1,
    isProcessPerFile: true,
    timeoutMs: 10 * minute,
    needsRoot: true,
  },
  {
    name: 'privileged',
    globs: ['test/privileged/**/*.test.ts'],
    concurrency: 1,
    isProcessPerFile: true,
    timeoutMs: 10 * minute,
    needsRoot: true,
  },
  {
    name: 'e2e',
    globs: ['test/e2e/**/*.test.ts'],
    concurrency: 1,
    isProcessPerFile: true,
    timeoutMs: 30 * minute,
    needsRoot: true,
    ownRegion: true,
  },
  {
    name: 'vm',
    globs: ['test/privileged/**/*.test.ts', 'test/vm/**/*.test.ts'],
    concurrency: 1,
    isProcessPerFile: false,
    timeoutMs: 10 * minute,
    needsRoot: true,
    guest: { bootMs: 3 * minute, totalMs: 30 * minute },
  },
];
