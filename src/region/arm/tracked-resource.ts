import { z } from 'zod';
import { ArmError } from './errors.ts';
import type { StoredResource } from './resource.ts';

/** `West US 2` and `westus2` are one place. */
export const locationSchema = z
  .string()
  .max(90)
  .transform((location) => location.replaceAll(/\s/g, '').toLowerCase())
  .refine((location) => /^[a-z0-9-]+$/.test(location), 'is not a location');

const tagMap = z
  .record(z.string().min(1).max(512), z.string().max(256))
  .refine((tags) => Object.keys(tags).length <= 50, 'at most 50 tags are allowed');

/** At most 50 tags, keys up to 512 and values up to 256 characters, as Azure has it. Absent or `null`: none. */
export const tagsSchema = tagMap.nullish().transform((tags) => tags ?? {});

/** The same for a body whose absent tags stay as they are. */
export const mergedTagsSchema = tagMap.nullish().transform((tags) => tags ?? undefined);

/** The schema members that every top-level resource shares. */
export const trackedMembers = { location: locationSchema.optional(), tags: tagsSchema };

/** Throws when a new resource has no location or an old one would move. */
export function checkLocation(
  { name, type, location }: { readonly name: string; readonly type: string; readonly location: string | undefined },
  existing: StoredResource | undefined,
): void {
  if (existing === undefined && location === undefined)
    throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.', { target: 'location' });
  const before = existing?.body.location;
  if (before === undefined || location === undefined || before === location) return;
  throw new ArmError(
    409,
    type.startsWith('Microsoft.Resources/') ? 'InvalidResourceGroupLocation' : 'InvalidResourceLocation',
    `'${name}' exists already in location '${before}'; it cannot be created in location '${location}'. Please select a new name.`,
    { target: 'location' },
  );
}
