import { SegwError } from '../../base/error.ts';
import type { OperationContext } from '../arm/resource-provider.ts';
import type { ResourceView } from '../arm/resource.ts';
import type { MachineSpec } from '../platform.ts';
import { subnetPrefix } from './private-addresses.ts';
import type { InstanceBody, InstanceState, StoredInstance } from './scale-set-model.ts';
import type { KubernetesService, NodeBootstrap, RegionWorld } from './world.ts';

type InstanceContext = OperationContext<InstanceBody, InstanceState>;

/** The machine behind an instance. Everything is safe to run again. */
export interface InstancePower {
  /** Boots it unless it runs; its port must be in the fabric. */
  boot(context: InstanceContext): Promise<void>;
  /** The same, and waits until a node of a pool has joined its cluster for the first time. */
  ensureRunning(context: InstanceContext): Promise<void>;
  /** Switches it on. When its machine does not boot, the instance shows as stopped. */
  start(context: InstanceContext): Promise<void>;
  /** Shuts it down and boots it, or boots it when it is off. */
  restart(context: InstanceContext): Promise<void>;
  /** Disk and addresses stay. `skipShutdown` pulls the plug. */
  stop(context: InstanceContext, power: 'stopped' | 'deallocated', options: { readonly skipShutdown: boolean }): Promise<void>;
  /** Drains a node and takes it out of its cluster, then the machine and its disk away. */
  leaveAndWipe(context: InstanceContext): Promise<void>;
  /** Resolves when a node does its part again. */
  serving(instance: StoredInstance, place: Pick<InstanceContext, 'view' | 'signal'>): Promise<void>;
  /** A new disk, with the same name and the same addresses: a node is drained before, and is Ready again afterwards. */
  reimage(context: InstanceContext): Promise<void>;
}

export function createInstancePower(world: RegionWorld, kubernetes: KubernetesService): InstancePower {
  const { platform, network, settings } = world;
  const { machines } = platform;
  const boot = async (context: InstanceContext): Promise<void> => machines.start(machineSpec(kubernetes, context));

  async function ensureRunning(context: InstanceContext): Promise<void> {
    await boot(context);
    if (context.resource.state.hasJoined) return;
    await bootstrapOf(kubernetes, context.resource, context.view)?.ready(context.signal);
    context.setState({ hasJoined: true });
  }

  /** The port is open before the machine boots. */
  async function start(context: InstanceContext): Promise<void> {
    context.setState({ power: 'running' });
    try {
      await network.apply();
      await ensureRunning(context);
    } catch (error) {
      if (!context.signal.aborted) await showIfOff(world, context);
      throw error;
    }
  }

  async function leave({ resource, view }: InstanceContext): Promise<void> {
    if (resource.state.interfaces.length > 0) await bootstrapOf(kubernetes, resource, view)?.leave(settings.drainLimitMs);
  }

  return {
    boot,
    ensureRunning,
    start,
    async restart(context) {
      await machines.powerOff(context.resource.state.computerName, { skipShutdown: false });
      await start(context);
    },
    async stop(context, power, options) {
      await machines.powerOff(context.resource.state.computerName, options);
      context.setState({ power });
      await network.apply();
    },
    async leaveAndWipe(context) {
      await leaveIfAnswered(leave, context);
      await machines.wipe(context.resource.state.computerName);
    },
    async serving(instance, { view, signal }) {
      await bootstrapOf(kubernetes, instance, view)?.serving(signal);
    },
    async reimage(context) {
      await leave(context);
      // Also with the old disk, if the new one does not come to be: its node has to join again.
      context.setState({ hasJoined: false });
      await machines.wipe(context.resource.state.computerName);
      await start(context);
    },
  };
}

/** A control plane that is down keeps no machine: the Node object goes when it is up again (`retainNodes`). */
async function leaveIfAnswered(leave: (context: InstanceContext) => Promise<void>, context: InstanceContext): Promise<void> {
  try {
    await leave(context);
  } catch (error) {
    if (!(error instanceof SegwError && error.code === 'ApiServerUnreachable')) throw error;
    context.log.warn({ instance: context.resource.id, error: error.message }, 'the instance goes without its cluster');
  }
}

/** A machine that did not boot is off, whatever was asked. */
async function showIfOff({ platform, network }: RegionWorld, context: InstanceContext): Promise<void> {
  if ((await platform.machines.powerState(context.resource.state.computerName)) === 'running') return;
  context.setState({ power: 'stopped' });
  await network.apply();
}

function machineSpec(kubernetes: KubernetesService, { resource, view }: InstanceContext): MachineSpec {
  const { address, subnetId } = primaryOf(resource);
  const bootstrap = bootstrapOf(kubernetes, resource, view);
  return {
    name: resource.state.computerName,
    address,
    subnet: subnetPrefix(view, subnetId),
    content: async () => bootstrap?.content() ?? { files: [], services: [] },
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
