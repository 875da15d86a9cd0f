import { z } from 'zod';
import { parseBody } from '../arm/errors.ts';
import { resourceGroupType } from '../arm/ids.ts';
import type { ResourceProvider } from '../arm/resource-provider.ts';
import type { ResourceBody } from '../arm/resource.ts';
import { trackedMembers } from '../arm/tracked-resource.ts';
import { filterResources } from '../subscription/resource-listing.ts';

interface ResourceGroupBody extends ResourceBody {
  readonly managedBy?: string | undefined;
}

const schema = z.object({ ...trackedMembers, managedBy: z.string().max(2000).nullish() });

/** Resource groups. `deletionOrder`: top-level types, users before what they use; a group's resources go in this order. */
export function resourceGroups(deletionOrder: readonly string[]): ResourceProvider<ResourceGroupBody> {
  return {
    type: resourceGroupType,
    parse({ body, existing }) {
      const { location, tags, managedBy } = parseBody(schema, body);
      return {
        location: location ?? existing?.body.location,
        tags,
        managedBy: managedBy ?? existing?.body.managedBy,
      };
    },
    async deprovision({ resource, view, remove }) {
      for (const type of deletionOrder) await Promise.all(view.list(type, resource.id).map(async ({ id }) => remove(id)));
    },
    filter: (groups, filter) => filterResources(groups, filter),
    toWire: ({ body }) => (body.managedBy === undefined ? {} : { managedBy: body.managedBy }),
  };
}
