import { z } from 'zod';
import { ArmError } from '../arm/errors.ts';
import { readResourceId } from '../arm/ids.ts';
import type { ResourceView, StoredResource } from '../arm/resource.ts';

/** `{ id: '/subscriptions/...' }` */
export const referenceSchema = z.object({
  id: z
    .string()
    .max(2000)
    .refine((id) => id.startsWith('/') && readResourceId(id.split('/').slice(1)) !== undefined, 'is not a resource id'),
});

export type Reference = z.infer<typeof referenceSchema>;

interface ReferenceRequest<T extends StoredResource> {
  readonly id: string;
  /** Of the wanted type. */
  readonly is: (resource: StoredResource) => resource is T;
  readonly from: string;
  readonly target: string;
}

/** The resource that `from` refers to. Throws 400 `InvalidResourceReference` when there is none of this type. */
export function requireReference<T extends StoredResource>(view: ResourceView, { id, is, from, target }: ReferenceRequest<T>): T {
  const found = view.get(id);
  if (found !== undefined && is(found) && found.provisioningState !== 'Deleting') return found;
  throw new ArmError(
    400,
    'InvalidResourceReference',
    `Resource ${id} referenced by resource ${from} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    { target },
  );
}
