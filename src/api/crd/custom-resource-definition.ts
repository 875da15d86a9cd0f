import type { Kind, PrinterColumn } from '../kind.ts';
import { labels, productName } from '../names.ts';
import { toStructuralSchema, type StructuralSchema } from './structural-schema.ts';

/** A CustomResourceDefinition (apiextensions.k8s.io/v1), as far as we use it. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced';
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames: readonly string[];
      readonly categories: readonly string[];
    };
    readonly versions: readonly CustomResourceVersion[];
  };
}

interface CustomResourceVersion {
  readonly name: string;
  readonly served: true;
  readonly storage: true;
  readonly subresources?: { readonly status: object };
  readonly additionalPrinterColumns: readonly PrinterColumn[];
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
}

/** `kubectl get egressgateway` lists every kind of ours. */
const category = 'egressgateway';

/** The definition that makes the API server serve `kind`. */
export function toCustomResourceDefinition(kind: Kind<unknown>): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}`, labels: { [labels.partOf]: productName } },
    spec: {
      group: kind.group,
      scope: 'Namespaced',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: [kind.shortName],
        categories: [category],
      },
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          ...(kind.status && { subresources: { status: {} } }),
          additionalPrinterColumns: kind.printerColumns,
          schema: { openAPIV3Schema: objectSchema(kind) },
        },
      ],
    },
  };
}

function objectSchema({ description, spec, status }: Kind<unknown>): StructuralSchema {
  return {
    description,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: { description: 'What is wanted.', ...toStructuralSchema(spec) },
      ...(status && { status: { description: 'What is.', ...toStructuralSchema(status) } }),
    },
  };
}
