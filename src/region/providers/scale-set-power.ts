import { z } from 'zod';
import { ArmError, parseBody } from '../arm/errors.ts';
import type { ActionInput, OperationContext, ResourceAction } from '../arm/resource-provider.ts';
import type { ResourceView } from '../arm/resource.ts';
import {
  instancesOf,
  type ScaleSetBody,
  type ScaleSetState,
  type StoredInstance,
  type StoredScaleSet,
} from './scale-set-model.ts';

type SetAction = ResourceAction<ScaleSetBody, ScaleSetState>;
type SetContext = OperationContext<ScaleSetBody, ScaleSetState>;

const inputSchema = z.object({ instanceIds: z.array(z.string().max(20)).max(1000).nullish() }).nullish();

/** What is done to some of a set's instances, named by `instanceIds`, or to all of them. */
export const setActions: Readonly<Record<string, SetAction>> = {
  start: forEach(async ({ act }, { id }, query) => act(id, 'start', { query })),
  powerOff: forEach(async ({ act }, { id }, query) => act(id, 'powerOff', { query })),
  restart: forEach(async ({ act }, { id }) => act(id, 'restart')),
  deallocate: forEach(async ({ act }, { id }) => act(id, 'deallocate')),
  reimage: forEach(async ({ act }, { id }) => act(id, 'reimage')),
  reimageAll: forEach(async ({ act }, { id }) => act(id, 'reimage')),
  manualUpgrade: forEach(async ({ put, resource }, { id }) =>
    put(id, { properties: { networkProfileConfiguration: resource.body.properties.virtualMachineProfile.networkProfile } }),
  ),
  delete: forEach(async ({ remove }, { id }) => remove(id), { isTolerant: true }),
};

interface ForEachOptions {
  /** Instances that are gone already are no error. */
  readonly isTolerant: boolean;
}

function forEach(
  work: (context: SetContext, instance: StoredInstance, query: Required<ActionInput>['query']) => Promise<void>,
  { isTolerant }: ForEachOptions = { isTolerant: false },
): SetAction {
  return {
    kind: 'operation',
    validate(input, set, view) {
      const wanted = instanceIdsOf(input);
      const unknown = wanted.filter((instanceId) => chosen(set, view, [instanceId]).length === 0);
      if (unknown.length > 0 && !isTolerant)
        throw new ArmError(
          400,
          'InvalidParameter',
          `The provided instanceId ${unknown.join(', ')} is not an active Virtual Machine Scale Set VM instanceId.`,
          {
            target: 'instanceIds',
          },
        );
    },
    async run(context, input) {
      await Promise.all(
        chosen(context.resource, context.view, instanceIdsOf(input)).map(async (one) => work(context, one, input.query)),
      );
    },
  };
}

/** Empty: all instances. */
function instanceIdsOf({ body }: Pick<ActionInput, 'body'>): readonly string[] {
  const ids = parseBody(inputSchema, body)?.instanceIds ?? [];
  return ids.includes('*') ? [] : ids;
}

function chosen(set: StoredScaleSet, view: ResourceView, instanceIds: readonly string[]): readonly StoredInstance[] {
  const all = instancesOf(view, set.id).filter(({ provisioningState }) => provisioningState !== 'Deleting');
  return instanceIds.length === 0 ? all : all.filter(({ name }) => instanceIds.includes(name));
}
