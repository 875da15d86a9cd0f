import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../base/log.ts';
import { openDatabase } from './database.ts';
import { ArmError } from './errors.ts';
import { createOperationRunner, type NewOperation, type OperationRunner } from './operation-runner.ts';
import { createOperationStore, type Operation, type OperationStore } from './operations.ts';

type Execute = (operation: Operation, signal: AbortSignal) => Promise<void>;

const never = new AbortController().signal;

async function createRunner(execute: Execute): Promise<{ runner: OperationRunner; operations: OperationStore }> {
  const operations = createOperationStore(await openDatabase(':memory:'));
  const log = createLogger('test', { level: 'silent' });
  const settle = (operation: Operation): void => {
    operations.put(operation);
  };
  return { operations, runner: createOperationRunner({ operations, execute, settle, now: () => new Date(0), log }) };
}

function request(resourceId: string, scope = resourceId, task: NewOperation['task'] = { kind: 'provision' }): NewOperation {
  return { resourceId, resourceType: 'Microsoft.Test/things', scope, kind: 'Creating', task };
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('aborted'));
    });
  });
}

test('operations of one scope run one after another, those of others at the same time', async () => {
  const events: string[] = [];
  const { runner } = await createRunner(async ({ resourceId }) => {
    events.push(`begin ${resourceId}`);
    await new Promise(setImmediate);
    events.push(`end ${resourceId}`);
  });
  const begun = [runner.begin(request('a1', 'a')), runner.begin(request('a2', 'A')), runner.begin(request('b'))];
  await Promise.all(begun.map(async (operation) => runner.settled(operation, never)));
  assert.deepEqual(events.slice(0, 2), ['begin a1', 'begin b']);
  assert.ok(events.indexOf('end a1') < events.indexOf('begin a2'));
});

test('what the work throws is the error of the operation, and the next one runs all the same', async () => {
  const { runner, operations } = await createRunner(async ({ resourceId }) => {
    if (resourceId === 'bad') throw new ArmError(409, 'Exhausted', 'Nothing is left.');
  });
  const failed = await runner.settled(runner.begin(request('bad', 's')), never);
  assert.deepEqual([failed.status, failed.error], ['Failed', { code: 'Exhausted', message: 'Nothing is left.' }]);
  assert.deepEqual(operations.find(failed.id), failed);
  assert.equal((await runner.settled(runner.begin(request('good', 's')), never)).status, 'Succeeded');
});

test('cancelling ends running and waiting work of a resource, but not its deletion', async () => {
  const { runner } = await createRunner(async ({ task }, signal) => {
    if (task.kind === 'provision') await untilAborted(signal);
  });
  const begun = [
    runner.begin(request('r')),
    runner.begin(request('r')),
    runner.begin(request('r', 'r', { kind: 'deprovision' })),
  ];
  runner.cancel('R');
  const ended = await Promise.all(begun.map(async (operation) => runner.settled(operation, never)));
  assert.deepEqual(
    ended.map(({ status }) => status),
    ['Canceled', 'Canceled', 'Succeeded'],
  );
});

test('stopping leaves what runs in progress, and resuming takes it up in the same order', async () => {
  const executed: string[] = [];
  let isInterrupted = true;
  const { runner, operations } = await createRunner(async ({ resourceId }, signal) => {
    if (isInterrupted) await untilAborted(signal);
    executed.push(resourceId);
  });
  runner.begin(request('one', 's'));
  runner.begin(request('two', 's'));
  await new Promise(setImmediate);
  await runner.stop();
  assert.deepEqual(
    operations.running().map(({ resourceId }) => resourceId),
    ['one', 'two'],
  );
  isInterrupted = false;
  const log = createLogger('test', { level: 'silent' });
  const next = createOperationRunner({
    operations,
    execute: async ({ resourceId }) => {
      executed.push(resourceId);
    },
    settle: (operation) => {
      operations.put(operation);
    },
    now: () => new Date(0),
    log,
  });
  const waiting = operations.running();
  next.resume(Promise.resolve());
  await Promise.all(waiting.map(async (operation) => next.settled(operation, never)));
  assert.deepEqual(executed, ['one', 'two']);
  assert.deepEqual(operations.running(), []);
});

test('what a deletion gave up before the region stopped is canceled by the next one, not carried out', async () => {
  const executed: string[] = [];
  const { runner, operations } = await createRunner(async ({ kind }) => {
    executed.push(kind);
  });
  const common = { ...request('r', 's'), status: 'InProgress', error: undefined, startTime: '0', endTime: undefined } as const;
  operations.put({ ...common, id: 'creation', kind: 'Creating' });
  operations.put({ ...common, id: 'deletion', kind: 'Deleting', task: { kind: 'deprovision' } });
  const deletion = operations.find('deletion');
  assert.ok(deletion);
  runner.resume(Promise.resolve());
  await runner.settled(deletion, never);
  assert.deepEqual(executed, ['Deleting']);
  assert.deepEqual(
    ['creation', 'deletion'].map((id) => operations.find(id)?.status),
    ['Canceled', 'Succeeded'],
  );
});

test('work that is no operation takes its turn among them', async () => {
  const events: string[] = [];
  const { runner } = await createRunner(async ({ resourceId }) => {
    events.push(resourceId);
  });
  const restored = runner.inTurn({ resourceId: 'r', scope: 's' }, async () => {
    await new Promise(setImmediate);
    events.push('restored');
  });
  await Promise.all([restored, runner.settled(runner.begin(request('changed', 's')), never)]);
  assert.deepEqual(events, ['restored', 'changed']);
});
