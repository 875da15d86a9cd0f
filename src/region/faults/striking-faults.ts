import { typeOf } from '../arm/ids.ts';
import { parseTarget, type Target } from '../arm/targets.ts';
import type { Fault, FaultKind, FaultOf } from './fault.ts';
import { matchesGlob } from './glob.ts';

/** A request, or an operation, as a fault looks at it. */
export interface FaultTarget {
  /** One or, for an action, two: its resource's and its own. */
  readonly types: readonly string[];
  readonly verb: 'read' | 'write' | 'delete' | 'action';
}

/** The faults that meet one target: at most one of each kind, the oldest. */
export interface StrikingFaults<Kind extends FaultKind> {
  readonly faults: readonly Fault[];
  find<K extends Kind>(kind: K): FaultOf<K> | undefined;
}

type SelectiveKind = 'throttle' | 'fail' | 'delay' | 'lose-answer' | 'fail-operation' | 'delay-operation';

const verbs: Readonly<Record<string, FaultTarget['verb']>> = { PUT: 'write', PATCH: 'write', DELETE: 'delete', POST: 'action' };

/** What a request asks for; undefined when its path names nothing. `path`: decoded. */
export function faultTargetOf(method: string, path: string): FaultTarget | undefined {
  const target = parseTarget(path);
  const verb = verbs[method] ?? 'read';
  return target && { types: typesOf(target, verb, path), verb };
}

function typesOf(target: Target, verb: FaultTarget['verb'], path: string): readonly string[] {
  if (target.kind === 'resource') return [typeOf(target.id)];
  if (target.kind === 'everything') return ['Microsoft.Resources/resources'];
  if (target.kind === 'operation') return [`${path.split('/')[4] ?? ''}/locations/operations`];
  return [...(verb === 'action' && target.owner ? [typeOf(target.owner)] : []), target.type];
}

/** Those of `kinds` that meet `target`. Of `throttle` and `fail` only the older one, and then no answer is left to be lost. */
export function strikingFaults<Kind extends SelectiveKind>(
  faults: readonly Fault[],
  target: FaultTarget,
  kinds: readonly Kind[],
): StrikingFaults<Kind> {
  const first = new Map<string, Fault>();
  for (const fault of faults) {
    if (!isOneOf(kinds, fault.spec.kind) || !meets(fault, target)) continue;
    const key = groups[fault.spec.kind] ?? fault.spec.kind;
    if (!first.has(key)) first.set(key, fault);
  }
  if (first.has('refusal')) first.delete('lose-answer');
  const striking = [...first.values()];
  return {
    faults: striking,
    find: <K extends Kind>(kind: K) => striking.map(({ spec }) => spec).find((spec): spec is FaultOf<K> => spec.kind === kind),
  };
}

const groups: Readonly<Partial<Record<FaultKind, string>>> = { throttle: 'refusal', fail: 'refusal' };

function isOneOf(kinds: readonly string[], kind: string): boolean {
  return kinds.includes(kind);
}

function meets({ spec }: Fault, { types, verb }: FaultTarget): boolean {
  if (!('verb' in spec)) return false;
  if (spec.verb !== 'any' && spec.verb !== verb) return false;
  return types.some((type) => matchesGlob(spec.type, type) || matchesGlob(`*/${spec.type}`, type));
}
