import { SegwError } from '../../base/error.ts';
import type { ActionInput, OperationContext, ResourceAction } from '../arm/resource-provider.ts';
import type { ResourceView } from '../arm/resource.ts';
import { subnetPrefix } from './private-addresses.ts';
import type { InstanceBody, InstanceState, StoredInstance } from './scale-set-model.ts';
import type { KubernetesService, NodeBootstrap, RegionWorld } from './world.ts';

type InstanceContext = OperationContext<InstanceBody, InstanceState>;
type Query = Required<ActionInput>['query'];
type InstanceAction = ResourceAction<InstanceBody, InstanceState>;

/** The machine behind an instance. */
export interface InstancePower {
  /** Boots it unless it runs; its port must be in the fabric. */
  start(context: InstanceContext): Promise<void>;
  /** The same, and waits until a node of a pool has joined its cluster for the first time. */
  ensureRunning(context: InstanceContext): Promise<void>;
  /** Takes a node out of its cluster, then the machine and its disk away. */
  leaveAndWipe(context: InstanceContext): Promise<void>;
}

export function createInstancePower({ platform, settings }: RegionWorld, kubernetes: KubernetesService): InstancePower {
  const start = async ({ resource, view }: InstanceContext): Promise<void> => {
    const { address, subnetId } = primaryOf(resource);
    const bootstrap = bootstrapOf(kubernetes, resource, view);
    await platform.machines.start({
      name: resource.state.computerName,
      address,
      subnet: subnetPrefix(view, subnetId),
      content: async () => bootstrap?.content() ?? { files: [], services: [] },
    });
  };
  return {
    start,
    async ensureRunning(context) {
      await start(context);
      if (context.resource.state.hasJoined) return;
      await bootstrapOf(kubernetes, context.resource, context.view)?.ready(context.signal);
      context.setState({ hasJoined: true });
    },
    async leaveAndWipe({ resource, view }) {
      if (resource.state.interfaces.length > 0) await bootstrapOf(kubernetes, resource, view)?.leave(settings.drainLimitMs);
      await platform.machines.wipe(resource.state.computerName);
    },
  };
}

/** What can be done to a single instance. All are safe to run again. */
export function instanceActions(
  { platform, network }: RegionWorld,
  power: InstancePower,
): Readonly<Record<string, InstanceAction>> {
  const start = async (context: InstanceContext): Promise<void> => {
    context.setState({ power: 'running' });
    await network.apply();
    await power.ensureRunning(context);
  };
  const stop = async (context: InstanceContext, state: InstanceState['power'], skipShutdown: boolean): Promise<void> => {
    await platform.machines.powerOff(context.resource.state.computerName, { skipShutdown });
    context.setState({ power: state });
    await network.apply();
  };
  const operation = (run: (context: InstanceContext, query: Query) => Promise<void>): InstanceAction => ({
    kind: 'operation',
    run: async (context, { query }) => run(context, query),
  });
  return {
    start: operation(start),
    powerOff: operation(async (context, query) => stop(context, 'stopped', queryFlag(query, 'skipShutdown'))),
    deallocate: operation(async (context) => stop(context, 'deallocated', false)),
    restart: operation(async (context) => {
      await platform.machines.powerOff(context.resource.state.computerName, { skipShutdown: false });
      await start(context);
    }),
    reimage: operation(async (context) => {
      context.setState({ hasJoined: false });
      await platform.machines.wipe(context.resource.state.computerName);
      await start(context);
    }),
  };
}

function bootstrapOf(kubernetes: KubernetesService, instance: StoredInstance, view: ResourceView): NodeBootstrap | undefined {
  const { pool, podCidr, computerName } = instance.state;
  if (pool === undefined || podCidr === undefined) return undefined;
  const { address } = primaryOf(instance);
  return kubernetes.bootstrap(
    { id: instance.id, name: computerName, address, podCidr, vmSize: instance.body.sku.name, ...pool },
    view,
  );
}

function primaryOf({ id, state }: StoredInstance): { readonly address: string; readonly subnetId: string } {
  const primary = state.interfaces[0]?.ipConfigurations[0];
  if (primary === undefined) throw new SegwError('Internal', `${id} has no address yet`);
  return { address: primary.privateAddress, subnetId: primary.subnetId };
}

function queryFlag(query: Query, name: string): boolean {
  const [, value] = Object.entries(query).find(([key]) => key.toLowerCase() === name.toLowerCase()) ?? [];
  return value?.toLowerCase() === 'true';
}
