import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { SegwError } from '../../base/error.ts';

const entries = z
  .array(z.looseObject({ name: z.string() }))
  .nullish()
  .transform((list) => list ?? []);
const kubeconfig = z.looseObject({
  clusters: entries,
  users: entries,
  contexts: entries,
  'current-context': z.string().nullish(),
});

interface MergeOptions {
  /** Replace entries of the same name. */
  readonly overwrite: boolean;
  /** Name for the new context instead of its own. */
  readonly contextName?: string;
}

/**
 * The kubeconfig `existing` (YAML; undefined or empty: none) with the entries of `incoming`, whose context becomes the current one.
 * Throws `AlreadyExists` when an entry of that name is there already with another content and may not be replaced.
 */
export function mergeKubeconfig(
  existing: string | undefined,
  incoming: string,
  { overwrite, contextName }: MergeOptions,
): string {
  const base = kubeconfig.parse((existing === undefined ? undefined : parse(existing)) ?? {});
  const added = renameContext(kubeconfig.parse(parse(incoming)), contextName);
  const merge = (list: 'clusters' | 'users' | 'contexts') => mergeByName(base[list], added[list], { overwrite, kind: list });
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    ...base,
    clusters: merge('clusters'),
    users: merge('users'),
    contexts: merge('contexts'),
    'current-context': added['current-context'],
  });
}

type Kubeconfig = z.output<typeof kubeconfig>;
type Entry = Kubeconfig['clusters'][number];

function renameContext(config: Kubeconfig, contextName: string | undefined): Kubeconfig {
  if (contextName === undefined) return config;
  return {
    ...config,
    contexts: config.contexts.map((context) => ({ ...context, name: contextName })),
    'current-context': contextName,
  };
}

function mergeByName(
  before: readonly Entry[],
  added: readonly Entry[],
  { overwrite, kind }: { readonly overwrite: boolean; readonly kind: string },
): readonly Entry[] {
  for (const entry of added) {
    const old = before.find(({ name }) => name === entry.name);
    if (overwrite || old === undefined || stringify(old) === stringify(entry)) continue;
    throw new SegwError('AlreadyExists', `the kubeconfig has a different entry named ${entry.name} among its ${kind}`, {
      remedy: 'Give --overwrite-existing to replace it, or --file to write elsewhere.',
    });
  }
  return [...before.filter(({ name }) => !added.some((entry) => entry.name === name)), ...added];
}
