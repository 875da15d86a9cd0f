import { cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createLogger } from '../../src/base/log.ts';
import { openDatabase, type RegionDatabase } from '../../src/region/arm/database.ts';
import { createOperationStore, type Operation } from '../../src/region/arm/operations.ts';
import type { MachinePlatform, Platform } from '../../src/region/platform.ts';
import { createRegion, type Region } from '../../src/region/region.ts';
import type { MemoryPlatform } from './memory-platform.ts';

/**
 * A region that ends as by kill -9: after a given number of moments nothing of it is written and nothing of it reaches the world any
 * more. A moment is whatever outlives the process: a transaction of the database, something done to the network, a machine or a node,
 * also half-done. What lies between two moments is memory, so the moments are all the places at which a kill can make a difference.
 */
export interface CrashingRegion {
  readonly region: Region;
  /** Operations that have not ended. */
  running(): readonly Operation[];
  /** Moments since the last `arm`. */
  moments(): number;
  /** Counts from here; dies at this moment. */
  arm(dieAt: number): void;
  readonly died: Promise<undefined>;
  /** Ends it, whether it has died or not, without a word to the database. */
  discard(): void;
}

interface CrashOptions {
  /** Holds `region/`. */
  readonly stateDir: string;
  readonly platform: MemoryPlatform;
  /** What the region had written when it died is copied here, as its successor finds it. */
  readonly remainsDir: string;
  /** Dies at this moment of its start. */
  readonly dieAt?: number;
}

const never = new Promise<never>(() => undefined);

export async function startCrashingRegion({
  stateDir,
  platform,
  remainsDir,
  dieAt: first = Infinity,
}: CrashOptions): Promise<CrashingRegion> {
  const death = Promise.withResolvers<undefined>();
  let count = 0;
  let dieAt = first;
  let isAlive = true;
  const databases: RegionDatabase[] = [];

  function moment(): void {
    if (!isAlive) return;
    count += 1;
    if (count < dieAt) return;
    isAlive = false;
    // The index of the write-ahead log is rebuilt by whoever opens the copy.
    cpSync(join(stateDir, 'region'), join(remainsDir, 'region'), {
      recursive: true,
      filter: (path) => !basename(path).endsWith('-shm'),
    });
    death.resolve(undefined);
  }

  const lifeline: Lifeline = {
    isAlive: () => isAlive,
    moment,
    async pass() {
      moment();
      if (!isAlive) await never;
    },
  };
  const region = await createRegion({
    stateDir,
    platform: mortalPlatform(platform, lifeline),
    log: createLogger('region', { level: 'silent' }),
    settings: { retryAfterSeconds: 0, featureFlags: { areNeeded: false, registrationSeconds: 0 } },
    openDatabase: async (path) => {
      const database = await openDatabase(path);
      databases.push(database);
      return mortalDatabase(database, lifeline);
    },
  });
  await Promise.race([region.start(), death.promise]);
  return {
    region,
    running: () => databases.flatMap((database) => createOperationStore(database).running()),
    moments: () => count,
    arm(at) {
      count = 0;
      dieAt = at;
    },
    died: death.promise,
    discard() {
      isAlive = false;
      void region.stop();
      for (const database of databases) database.close();
    },
  };
}

interface Lifeline {
  readonly isAlive: () => boolean;
  readonly moment: () => void;
  /** The same, and never resolves for the dead. */
  readonly pass: () => Promise<void>;
}

/** Writes of the dead go nowhere. */
function mortalDatabase(database: RegionDatabase, { isAlive, moment }: Lifeline): RegionDatabase {
  let depth = 0;
  return {
    query(sql, row) {
      const statement = database.query(sql, row);
      return {
        get: (...values) => (isAlive() ? statement.get(...values) : undefined),
        all: (...values) => (isAlive() ? statement.all(...values) : []),
      };
    },
    command(sql) {
      const statement = database.command(sql);
      return (...values) => {
        if (!isAlive()) return;
        statement(...values);
        if (depth === 0) moment();
      };
    },
    transaction(work) {
      if (!isAlive()) return work();
      depth += 1;
      try {
        return database.transaction(work);
      } finally {
        depth -= 1;
        if (depth === 0) moment();
      }
    },
    close: () => undefined,
  };
}

const effects = new Set(['apply', 'powerOff', 'ensureFeature', 'ensureNodeReady', 'removeNode', 'remove']);

function mortalPlatform(platform: MemoryPlatform, lifeline: Lifeline): Platform {
  return {
    network: mortal(platform.network, lifeline),
    machines: mortal({ ...platform.machines, ...inHalves(platform, lifeline) }, lifeline),
    clusters: mortal(platform.clusters, lifeline),
  };
}

/** What takes a while in the real world can be left half-way: a disk without a running machine. */
function inHalves(platform: MemoryPlatform, { pass }: Lifeline): Pick<MachinePlatform, 'start' | 'wipe'> {
  const { machines } = platform;
  return {
    async start(spec) {
      const isNew = platform.machine(spec.name) === undefined;
      await machines.start(spec);
      if (isNew) {
        await machines.powerOff(spec.name, { skipShutdown: true });
        await pass();
        await machines.start(spec);
      }
      await pass();
    },
    async wipe(name) {
      await machines.powerOff(name, { skipShutdown: true });
      await pass();
      await machines.wipe(name);
      await pass();
    },
  };
}

/** Nothing that the dead ask for is done, and no answer reaches them. */
function mortal<Room extends object>(room: Room, { isAlive, pass }: Lifeline): Room {
  return new Proxy(room, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function') return method;
      return async (...values: readonly unknown[]) => {
        if (!isAlive()) return never;
        const result: unknown = await Reflect.apply(method, target, values);
        if (effects.has(String(name))) await pass();
        return isAlive() ? result : never;
      };
    },
  });
}
