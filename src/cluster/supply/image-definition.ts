import { parse } from 'yaml';
import { z } from 'zod';
import { SegwError, messageOf } from '../../base/error.ts';

const sourceKinds = ['binary', 'bundle', 'machine', 'repository', 'link'] as const;

/** Where a file of an image comes from, written `KIND:VALUE`; see deploy/images/README.md. */
export interface FileSource {
  readonly kind: (typeof sourceKinds)[number];
  readonly value: string;
}

const source = z.string().transform((text, context): FileSource => {
  const kind = sourceKinds.find((kind) => text.startsWith(`${kind}:`));
  if (kind) return { kind, value: text.slice(kind.length + 1) };
  context.issues.push({ code: 'custom', input: text, message: `must begin with ${sourceKinds.join(':, ')}:` });
  return z.NEVER;
});

const files = z
  .record(z.string(), source)
  .refine((files) => Object.keys(files).every((path) => /^(\/[^/]+)+$/.test(path)), 'every target must be an absolute path');

const layer = z
  .strictObject({ packages: z.array(z.string()).min(1).optional(), files: files.optional() })
  .refine(({ packages, files }) => (packages === undefined) !== (files === undefined), 'must have either packages or files');

const definition = z.strictObject({
  // containerd 1.6 imports a name without a registry part, and then does not find it.
  reference: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+(\/[a-z0-9-]+)+:[A-Za-z0-9._-]+$/, 'must be of the form segw.local/name:tag'),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  layers: z.array(layer).min(1),
});

export type ImageDefinition = z.infer<typeof definition>;
export type LayerDefinition = ImageDefinition['layers'][number];

/** Reads the text of an `image.yaml`. Throws `InvalidInput` that names `path` and lists every problem. */
export function parseImageDefinition(text: string, path: string): ImageDefinition {
  const result = definition.safeParse(parseYaml(text, path));
  if (result.success) return result.data;
  throw new SegwError('InvalidInput', `${path}: ${z.prettifyError(result.error)}`);
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new SegwError('InvalidInput', `${path}: ${messageOf(error)}`, { cause: error });
  }
}
