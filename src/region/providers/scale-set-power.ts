import { z } from 'zod';
import { ArmError, parseBody } from '../arm/errors.ts';
import type { ActionInput, OperationContext, ResourceAction } from '../arm/resource-provider.ts';
import type { ResourceView } from '../arm/resource.ts';
import type { InstancePower } from './instance-power.ts';
import { reimageMembers, refuseHibernation } from './instance-actions.ts';
import {
  instancesOf,
  poolOf,
  type ScaleSetBody,
  type ScaleSetState,
  type StoredInstance,
  type StoredScaleSet,
} from './scale-set-model.ts';
import { settleAll } from './settle-all.ts';

type SetAction = ResourceAction<ScaleSetBody, ScaleSetState>;
type SetContext = OperationContext<ScaleSetBody, ScaleSetState>;
type Input = Required<ActionInput>;

interface Verb {
  readonly run: (context: SetContext, instance: StoredInstance, query: Input['query']) => Promise<void>;
  /** Refuses what else the request says. */
  readonly check?: (input: Input) => void;
  /** The request has to name instances (`*`: all). */
  readonly isForNamed?: boolean;
  /** Instances that are gone already are no error. */
  readonly isTolerant?: boolean;
  /** One instance of an agent pool after the other, each when the one before does its part again, and none after one that failed. */
  readonly isGentle?: boolean;
}

const instanceIds = z.array(z.string().max(20)).max(1000).nullish();
const inputSchema = z.object({ instanceIds }).nullish();
const reimageSchema = z.object({ instanceIds, ...reimageMembers }).nullish();

const reimage = (power: InstancePower): Verb => ({
  async run(context, instance) {
    await context.act(instance.id, 'reimage');
    await power.serving(instance, context);
  },
  check: ({ body }) => {
    parseBody(reimageSchema, body);
  },
  isGentle: true,
});

/** The verbs of a set (POST .../virtualMachineScaleSets/NAME/VERB): done to the instances that `instanceIds` names, or to all. */
export const setActions = (power: InstancePower): Readonly<Record<string, SetAction>> => ({
  start: toAction({ run: async ({ act }, { id }) => act(id, 'start') }),
  powerOff: toAction({ run: async ({ act }, { id }, query) => act(id, 'powerOff', { query }) }),
  restart: toAction({ run: async ({ act }, { id }) => act(id, 'restart') }),
  deallocate: toAction({
    run: async ({ act }, { id }) => act(id, 'deallocate'),
    check: ({ query }) => {
      refuseHibernation(query);
    },
  }),
  reimage: toAction(reimage(power)),
  reimageAll: toAction(reimage(power)),
  manualUpgrade: toAction({ run: async (context, { id }) => context.put(id, modelOf(context.resource)), isForNamed: true }),
  delete: toAction({ run: async ({ remove }, { id }) => remove(id), isForNamed: true, isTolerant: true }),
});

function toAction({ run, check, isForNamed = false, isTolerant = false, isGentle = false }: Verb): SetAction {
  return {
    kind: 'operation',
    validate(input, set, view) {
      const wanted = namedIn(input);
      check?.(input);
      if (isForNamed && wanted.length === 0) throw missingInstanceIds();
      const unknown = isTolerant ? undefined : wanted.find((name) => name !== '*' && chosen(set, view, [name]).length === 0);
      if (unknown !== undefined) throw unknownInstance(unknown);
    },
    async run(context, input) {
      const instances = chosen(context.resource, context.view, namedIn(input));
      if (isGentle && poolOf(context.resource) !== undefined) for (const one of instances) await run(context, one, input.query);
      else await settleAll(instances.map(async (one) => run(context, one, input.query)));
    },
  };
}

/** PUT of an instance that makes it what the set would make today. */
function modelOf({ body }: StoredScaleSet): object {
  const { networkInterfaceConfigurations } = body.properties.virtualMachineProfile.networkProfile;
  return { sku: { name: body.sku.name }, properties: { networkProfileConfiguration: { networkInterfaceConfigurations } } };
}

function namedIn({ body }: Pick<Input, 'body'>): readonly string[] {
  return parseBody(inputSchema, body)?.instanceIds ?? [];
}

/** By number; nobody named, or `*`: all that are not leaving. */
function chosen(set: StoredScaleSet, view: ResourceView, names: readonly string[]): readonly StoredInstance[] {
  const isAll = names.length === 0 || names.includes('*');
  return instancesOf(view, set.id)
    .filter(({ name, provisioningState }) => provisioningState !== 'Deleting' && (isAll || names.includes(name)))
    .toSorted((a, b) => Number(a.name) - Number(b.name));
}

function missingInstanceIds(): ArmError {
  return new ArmError(400, 'InvalidParameter', "Required parameter 'instanceIds' is missing (null).", { target: 'instanceIds' });
}

function unknownInstance(instanceId: string): ArmError {
  return new ArmError(
    400,
    'InvalidParameter',
    `The provided instanceId ${instanceId} is not an active Virtual Machine Scale Set VM instanceId.`,
    { target: 'instanceIds' },
  );
}
