/** `metav1.Condition`. */
export interface Condition<Type extends string = string> {
  readonly type: Type;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number | undefined;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}

export type NewCondition<Type extends string = string> = Omit<Condition<Type>, 'lastTransitionTime'>;

/**
 * `current` with `desired` in it; the others stay. `lastTransitionTime` moves only when the status does (Kubernetes API
 * conventions). The very same list comes back when nothing changes, so that a controller sees that it has nothing to write.
 */
export function setConditions<Type extends string>(
  current: readonly Condition<Type>[],
  desired: readonly NewCondition<Type>[],
  now: Date,
): readonly Condition<Type>[] {
  return desired.reduce((conditions, condition) => setCondition(conditions, condition, now), current);
}

function setCondition<Type extends string>(
  current: readonly Condition<Type>[],
  desired: NewCondition<Type>,
  now: Date,
): readonly Condition<Type>[] {
  const previous = current.find(({ type }) => type === desired.type);
  if (previous && isSame(previous, desired)) return current;
  const lastTransitionTime = previous?.status === desired.status ? previous.lastTransitionTime : toTime(now);
  const next = { ...desired, lastTransitionTime };
  return previous ? current.map((condition) => (condition === previous ? next : condition)) : [...current, next];
}

export function findCondition<Type extends string>(
  conditions: readonly Condition<Type>[] | undefined,
  type: Type,
): Condition<Type> | undefined {
  return conditions?.find((condition) => condition.type === type);
}

function isSame(a: NewCondition, b: NewCondition): boolean {
  return (
    a.status === b.status && a.reason === b.reason && a.message === b.message && a.observedGeneration === b.observedGeneration
  );
}

/** `metav1.Time` has whole seconds. */
export function toTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
