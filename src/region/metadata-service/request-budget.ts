/** How many requests a caller may make: `perSecond` at once, and as many again in every second. */
export interface RequestBudget {
  /** Whether there is still one for this key; it is used up. */
  take(key: string): boolean;
}

interface Bucket {
  readonly left: number;
  readonly at: number;
}

/** A token bucket per key. What is full again is forgotten. */
export function createRequestBudget({ perSecond, now }: { readonly perSecond: number; readonly now: () => Date }): RequestBudget {
  const buckets = new Map<string, Bucket>();
  const refilled = ({ left, at }: Bucket, time: number): number =>
    Math.min(perSecond, left + (Math.max(0, time - at) / 1000) * perSecond);
  return {
    take(key) {
      const time = now().getTime();
      for (const [other, bucket] of buckets) if (refilled(bucket, time) >= perSecond) buckets.delete(other);
      const left = refilled(buckets.get(key) ?? { left: perSecond, at: time }, time);
      if (left < 1) return false;
      buckets.set(key, { left: left - 1, at: time });
      return true;
    },
  };
}
