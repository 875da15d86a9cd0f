import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../base/log.ts';
import { openDatabase } from './database.ts';
import { createOperationContexts, type OperationContexts } from './operation-context.ts';
import { createOperationRunner, type OperationRunner } from './operation-runner.ts';
import { createOperationStore } from './operations.ts';
import { createProviderTable } from './provider-table.ts';
import type { ResourceProvider } from './resource-provider.ts';
import type { ProvisioningState } from './resource.ts';
import { createResourceStore } from './store.ts';

const log = createLogger('test', { level: 'silent' });
const typeOf = (word: string): string => `Microsoft.Test/${word}`;
const idOf = (word: string, name: string): string => `/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/${word}/${name}`;

interface World {
  readonly events: readonly string[];
  readonly runner: OperationRunner;
  readonly contexts: OperationContexts;
  readonly add: (word: string, name: string, provisioningState?: ProvisioningState) => void;
}

/** Two types, of which `below` stands under `above` in the table; their `restore` and `provision` write down that they ran. */
async function createWorld(fails: (name: string) => boolean = () => false): Promise<World> {
  const events: string[] = [];
  const provider = (word: string): ResourceProvider => ({
    type: typeOf(word),
    parse: () => ({}),
    toWire: () => ({}),
    async provision({ resource }) {
      events.push(`provision ${resource.name}`);
    },
    async restore({ resource }) {
      await new Promise(setImmediate);
      if (fails(resource.name)) throw new Error('gone');
      events.push(`restore ${resource.name}`);
    },
  });
  const database = await openDatabase(':memory:');
  const store = createResourceStore(database);
  const operations = createOperationStore(database);
  const runner: OperationRunner = createOperationRunner({
    operations,
    now: () => new Date(0),
    log,
    execute: async (operation, signal) => contexts.execute(operation, signal),
    settle: (operation) => {
      operations.put(operation);
    },
  });
  const table = createProviderTable([provider('above'), provider('below')]);
  const contexts = createOperationContexts({ table, store, operations, runner, log });
  const add = (word: string, name: string, provisioningState: ProvisioningState = 'Succeeded'): void => {
    store.put({ id: idOf(word, name), type: typeOf(word), name, body: {}, state: {}, etag: 'e', provisioningState });
  };
  return { events, runner, contexts, add };
}

test('resources come back in the order of the table, but those that are leaving and those that are left out', async () => {
  const { events, contexts, add } = await createWorld();
  add('below', 'b');
  add('above', 'a1');
  add('above', 'a2');
  add('above', 'leaving', 'Deleting');
  add('above', 'busy');
  await contexts.restore([idOf('above', 'busy').toLowerCase()]);
  assert.deepEqual(events, ['restore a1', 'restore a2', 'restore b']);
});

test('one that does not come back holds nobody up', async () => {
  const { events, contexts, add } = await createWorld((name) => name === 'a1');
  add('above', 'a1');
  add('below', 'b');
  await contexts.restore([]);
  assert.deepEqual(events, ['restore b']);
});

test('an operation that begins meanwhile finds its resource restored', async () => {
  const { events, contexts, runner, add } = await createWorld();
  add('above', 'a');
  add('below', 'b');
  const restored = contexts.restore([]);
  const operation = runner.begin({
    resourceId: idOf('below', 'b'),
    resourceType: typeOf('below'),
    scope: idOf('below', 'b'),
    kind: 'Updating',
    task: { kind: 'provision' },
  });
  await Promise.all([restored, runner.settled(operation, new AbortController().signal)]);
  assert.deepEqual(events, ['restore a', 'restore b', 'provision b']);
});

test('a deletion does not wait for what would come back first', async () => {
  const { events, contexts, runner, add } = await createWorld();
  add('above', 'a');
  add('below', 'b');
  const restored = contexts.restore([]);
  runner.cancel(idOf('below', 'b'));
  await restored;
  assert.deepEqual(events, ['restore a']);
});
