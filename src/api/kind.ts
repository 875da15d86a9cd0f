import type { z } from 'zod';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

/**
 * Everything that is to be said about a kind. CRD, documentation and TypeScript type all come from it. It also is what the client
 * of `src/kube` takes, whose answers then have the type `T`.
 */
export interface Kind<T> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly namespaced: true;
  /** What the kind is for, in a paragraph: the description in the CRD and in `docs/reference/kinds.md`. */
  readonly description: string;
  readonly spec: z.ZodObject;
  /** Absent: the kind has no status subresource. */
  readonly status?: z.ZodObject;
  readonly printerColumns: readonly PrinterColumn[];
  /** Never set: carries the type. */
  readonly type?: T;
}

/** `metadata` of an object as the API server sends it. Times are RFC 3339 text. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** What comes from the API server is never changed in place: caches share it. */
export type DeepReadonly<T> = T extends object ? { readonly [Member in keyof T]: DeepReadonly<T[Member]> } : T;

/** An object of a kind of ours. `Status` is `undefined` for a kind without one. */
export interface KindObject<Spec, Status = undefined> {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
  readonly spec: Spec;
  readonly status?: Status;
}
