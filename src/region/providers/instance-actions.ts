import { z } from 'zod';
import { ArmError, parseBody } from '../arm/errors.ts';
import type { ActionInput, OperationContext, ResourceAction } from '../arm/resource-provider.ts';
import type { InstancePower } from './instance-power.ts';
import type { InstanceBody, InstanceState } from './scale-set-model.ts';
import { notSupportedCode, unsupported } from './unsupported.ts';

type InstanceContext = OperationContext<InstanceBody, InstanceState>;
type InstanceAction = ResourceAction<InstanceBody, InstanceState>;
type Query = Required<ActionInput>['query'];

/** What a re-image can be asked, of an instance or of a set. */
export const reimageMembers = {
  tempDisk: unsupported('machines have one disk'),
  exactVersion: unsupported('there is one image'),
  osProfile: unsupported('machines have no cloud-init, and nobody logs in'),
  forceUpdateOSDiskForEphemeral: z.boolean().nullish(),
};

const reimageSchema = z.object(reimageMembers).nullish();

/** The verbs of a single instance (POST .../virtualMachines/N/VERB). */
export function instanceActions(power: InstancePower): Readonly<Record<string, InstanceAction>> {
  const reimage: InstanceAction = {
    kind: 'operation',
    validate: ({ body }) => {
      parseBody(reimageSchema, body);
    },
    run: async (context) => power.reimage(context),
  };
  return {
    start: verb(async (context) => power.start(context)),
    powerOff: verb(async (context, query) => {
      const { power: before } = context.resource.state;
      await power.stop(context, before === 'deallocated' ? before : 'stopped', {
        skipShutdown: queryFlag(query, 'skipShutdown'),
      });
    }),
    deallocate: {
      kind: 'operation',
      validate: ({ query }) => {
        refuseHibernation(query);
      },
      run: async (context) => power.stop(context, 'deallocated', { skipShutdown: false }),
    },
    restart: verb(async (context) => power.restart(context)),
    reimage,
    reimageAll: reimage,
  };
}

function verb(run: (context: InstanceContext, query: Query) => Promise<void>): InstanceAction {
  return { kind: 'operation', run: async (context, { query }) => run(context, query) };
}

/** Throws 400: a machine of the region is off or on. */
export function refuseHibernation(query: Query): void {
  if (!queryFlag(query, 'hibernate')) return;
  throw new ArmError(400, notSupportedCode, 'The machines of this region cannot hibernate.', { target: 'hibernate' });
}

function queryFlag(query: Query, name: string): boolean {
  const [, value] = Object.entries(query).find(([key]) => key.toLowerCase() === name.toLowerCase()) ?? [];
  return value?.toLowerCase() === 'true';
}
