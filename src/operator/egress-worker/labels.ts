import type { Cidr } from '../../base/addresses.ts';
import type { EgressWorkerSpec, EgressWorkerStatus } from '../../api/egress-worker.ts';
import { freeLabel } from '../../dataplane/labels.ts';

export type Label = NonNullable<EgressWorkerSpec['labels']>[number];
type Wanted = NonNullable<EgressWorkerStatus['wanted']>[number];

/** Address of a label → since when no pod uses it (RFC 3339). */
export type UnusedSince = Readonly<Record<string, string>>;

interface LabelInputs {
  readonly block: Cidr;
  readonly current: readonly Label[];
  readonly unusedSince: UnusedSince;
  readonly wanted: readonly Wanted[];
  /** The uid of a configuration; `undefined`: there is none, or it is being deleted. */
  readonly uidOf: (configuration: { readonly namespace: string; readonly name: string }) => string | undefined;
  readonly now: Date;
}

export interface DesiredLabels {
  readonly labels: readonly Label[];
  readonly unusedSince: UnusedSince;
  /** When the next label has rested. */
  readonly nextChangeMs: number | undefined;
  /** Configurations that found no free label. */
  readonly withoutLabel: readonly string[];
}

/** No other configuration gets a label within ten minutes of its last use (dataplane reference, section 6). */
export const labelRestMs = 600_000;

/**
 * The labels of a worker: one for each configuration that its pods use. A label stays with its configuration for ten minutes after
 * the last pod, which also saves a pod that comes back the wait. Pure.
 */
export function desiredLabels({ block, current, unusedSince, wanted, uidOf, now }: LabelInputs): DesiredLabels {
  const used = wanted.filter(({ pods }) => pods > 0);
  const isUsed = ({ namespace, name, uid }: Label): boolean =>
    used.some((one) => one.namespace === namespace && one.name === name && (uidOf(one) ?? uid) === uid);
  const restingSince = (label: Label): string | undefined =>
    isUsed(label) ? undefined : (readTime(unusedSince[label.address]) ?? now.toISOString());
  const endMs = (since: string): number => Date.parse(since) + labelRestMs;

  const kept = current.filter((label) => {
    const since = restingSince(label);
    return since === undefined || endMs(since) > now.getTime();
  });
  const { added, withoutLabel } = addLabels(block, kept, used, uidOf);
  const resting = kept.flatMap((label) => {
    const since = restingSince(label);
    return since === undefined ? [] : [[label.address, since] as const];
  });
  return {
    labels: [...kept, ...added],
    unusedSince: Object.fromEntries(resting),
    nextChangeMs: resting.length === 0 ? undefined : Math.min(...resting.map(([, since]) => endMs(since))) - now.getTime(),
    withoutLabel,
  };
}

function addLabels(
  block: Cidr,
  kept: readonly Label[],
  used: readonly Wanted[],
  uidOf: LabelInputs['uidOf'],
): { readonly added: readonly Label[]; readonly withoutLabel: readonly string[] } {
  const taken = new Set(kept.map(({ address }) => address));
  const added: Label[] = [];
  const withoutLabel: string[] = [];
  for (const { namespace, name } of used) {
    const uid = uidOf({ namespace, name });
    if (uid === undefined || kept.some((label) => label.uid === uid)) continue;
    const address = freeLabel(block, taken);
    if (address === undefined) withoutLabel.push(`${namespace}/${name}`);
    else {
      added.push({ namespace, name, uid, address });
      taken.add(address);
    }
  }
  return { added, withoutLabel };
}

/** What cannot be read as a time has just begun. */
function readTime(text: string | undefined): string | undefined {
  return text === undefined || Number.isNaN(Date.parse(text)) ? undefined : text;
}
