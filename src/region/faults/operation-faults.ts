import { setTimeout as sleep } from 'node:timers/promises';
import { ArmError } from '../arm/errors.ts';
import type { ProviderTable } from '../arm/provider-table.ts';
import type { OperationContext, ResourceAction, ResourceProvider } from '../arm/resource-provider.ts';
import type { FaultStore } from './fault-store.ts';
import { type FaultTarget, strikingFaults } from './striking-faults.ts';

const kinds = ['delay-operation', 'fail-operation'] as const;

/** The same table, with the faults of long-running operations in front of what each type does in the background. */
export function withOperationFaults(table: ProviderTable, store: FaultStore): ProviderTable {
  const providers = table.providers.map((provider) => faultyProvider(provider, store));
  const byType = new Map(providers.map((provider) => [provider.type.toLowerCase(), provider]));
  const find = (type: string): ResourceProvider | undefined => byType.get(type.toLowerCase());
  return { ...table, providers, find, require: (type) => find(type) ?? table.require(type) };
}

function faultyProvider(provider: ResourceProvider, store: FaultStore): ResourceProvider {
  const { type, actions = {} } = provider;
  const faulty = Object.entries(actions).map(([name, action]) => [name, faultyAction(action, { type, name, store })] as const);
  return {
    ...provider,
    ...(provider.provision && {
      provision: after(store, { types: [type], verb: 'write' }, async (context) => provider.provision?.(context)),
    }),
    ...(provider.deprovision && {
      deprovision: after(store, { types: [type], verb: 'delete' }, async (context) => provider.deprovision?.(context)),
    }),
    actions: Object.fromEntries(faulty),
  };
}

interface ActionPlace {
  readonly type: string;
  readonly name: string;
  readonly store: FaultStore;
}

function faultyAction(action: ResourceAction, { type, name, store }: ActionPlace): ResourceAction {
  if (action.kind === 'reply') return action;
  const target = { types: [type, `${type}/${name}`], verb: 'action' } as const;
  return { ...action, run: after(store, target, async (context, input) => action.run(context, input)) };
}

function after<Rest extends readonly unknown[]>(
  store: FaultStore,
  target: FaultTarget,
  work: (context: OperationContext, ...rest: Rest) => Promise<void>,
): typeof work {
  return async (context, ...rest) => {
    const striking = strikingFaults(store.list(), target, kinds);
    store.strike(striking.faults);
    const delay = striking.find('delay-operation');
    if (delay) await sleep(delay.durationMs, undefined, { signal: context.signal });
    const fail = striking.find('fail-operation');
    if (fail) throw new ArmError(500, fail.code, 'The operation failed because `segw fault` asked for it.');
    await work(context, ...rest);
  };
}
