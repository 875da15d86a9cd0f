import { diff } from 'node:util';

/**
 * A scenario file: text before the first section says what it is about; `== NAME` begins a section. Sections hold inputs (YAML) or
 * what is expected of the inputs before them.
 */
export interface Scenario {
  readonly title: string;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly name: string;
  readonly text: string;
}

export function parseScenario(source: string): Scenario {
  const [title = '', ...rest] = source.split(/^== /m);
  const sections = rest.map((part) => {
    const end = part.indexOf('\n');
    return { name: part.slice(0, end).trim(), text: `${part.slice(end + 1).trim()}\n` };
  });
  return { title: title.trim(), sections };
}

export function formatScenario({ title, sections }: Scenario): string {
  return [title, ...sections.map(({ name, text }) => `== ${name}\n${text.trimEnd()}`)].join('\n\n') + '\n';
}

/** The lines that went (`-`) and came (`+`), in order; the lines that stayed are left out. */
export function changedLines(before: string, after: string): string {
  const lines = diff(before.split('\n'), after.split('\n')).flatMap(([change, line]) => {
    if (change === 0) return [];
    return [`${change > 0 ? '-' : '+'} ${line}`];
  });
  return lines.length === 0 ? 'none' : lines.join('\n');
}

/** A merge patch (RFC 7396): `null` takes a member away. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
