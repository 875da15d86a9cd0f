import { watch, type FSWatcher } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno, messageOf } from '../base/error.ts';
import { readIfExists, writeFileAtomic } from '../base/files.ts';
import type { Logger } from '../base/log.ts';
import { chainPlugin, chooseForeign, type ConfigurationFile } from '../cni/conflist.ts';
import { pluginType } from '../cni/plugin.ts';
import { systemClock, type Clock } from '../kube/clock.ts';

/** Sorts before what pod networks call theirs. */
const ownName = '05-segw.conflist';

export interface ChainOptions {
  /** The plugin in the agent's image. */
  readonly plugin: string;
  /** Where the container runtime looks for plugins and for configurations. */
  readonly binDirectory: string;
  readonly configurationDirectory: string;
  readonly onChange: (state: ChainState) => void;
  readonly log: Logger;
  readonly clock?: Clock;
}

export interface ChainState {
  readonly isChained: boolean;
  /** Why not. */
  readonly problem?: string;
}

export interface PluginChain {
  /** Chains the plugin, and keeps it chained; or takes it out of the chain. */
  setWanted(isWanted: boolean): void;
  stop(): Promise<void>;
}

const settleMs = 100;
const resyncMs = 30_000;

/** What is to be done with our conflist. */
export type ChainStep = { readonly do: 'write'; readonly text: string } | { readonly do: 'remove' } | { readonly do: 'nothing' };

/**
 * What our conflist has to be, given the files of the directory. Without a file of others there is no pod network to chain to: then the
 * node is as it would be without us. A file of others that cannot be read changes nothing: with it, no pod would start at all.
 */
export function desiredChain(files: readonly ConfigurationFile[], isWanted: boolean): { step: ChainStep; state: ChainState } {
  const own = files.find(({ name }) => name === ownName);
  const foreign = chooseForeign(files, ownName);
  const remove: ChainStep = own ? { do: 'remove' } : { do: 'nothing' };
  if (!isWanted) return { step: remove, state: { isChained: false, problem: 'the feature is being removed' } };
  if (!foreign) return { step: remove, state: { isChained: false, problem: 'the node has no pod network configuration yet' } };
  if (foreign.name < ownName)
    return { step: remove, state: { isChained: false, problem: `${foreign.name} sorts before ${ownName} and would win` } };
  try {
    const text = chainPlugin(foreign);
    const step: ChainStep = own?.text === text ? { do: 'nothing' } : { do: 'write', text };
    return { step, state: { isChained: true } };
  } catch (error) {
    return { step: { do: 'nothing' }, state: { isChained: own !== undefined, problem: messageOf(error) } };
  }
}

/** Starts with the plugin neither wanted nor unwanted: the first `setWanted` acts. */
export function startPluginChain(options: ChainOptions): PluginChain {
  const run = new ChainRun(options);
  return { setWanted: (isWanted) => run.setWanted(isWanted), stop: () => run.stop() };
}

class ChainRun {
  readonly #options: ChainOptions;
  readonly #clock: Clock;
  #isWanted = false;
  #watcher: FSWatcher | undefined;
  #running: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  setWanted(isWanted: boolean): void {
    this.#isWanted = isWanted;
    this.#actIn(0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    this.#watcher?.close();
    await this.#running;
  }

  #actIn(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancel?.();
    this.#cancel = this.#clock.schedule(delayMs, () => {
      this.#running = this.#running.then(() => this.#act());
    });
  }

  async #act(): Promise<void> {
    const { log, onChange } = this.#options;
    try {
      const files = await this.#readConfigurations();
      const { step, state } = desiredChain(files, this.#isWanted);
      await this.#take(step);
      onChange(state);
    } catch (error) {
      log.error({ error: messageOf(error) }, 'plugin not chained, will be tried again');
      onChange({ isChained: false, problem: messageOf(error) });
    }
    this.#actIn(resyncMs);
  }

  /** The plugin comes before the conflist that names it, and outlives it: the runtime may still use what it read before. */
  async #take(step: ChainStep): Promise<void> {
    const { plugin, binDirectory, configurationDirectory, log } = this.#options;
    if (this.#isWanted) await installPlugin(plugin, binDirectory);
    const path = join(configurationDirectory, ownName);
    if (step.do === 'write') await writeFileAtomic(path, step.text);
    if (step.do === 'remove') await rm(path, { force: true });
    if (step.do !== 'nothing') log.info({ path, step: step.do }, 'conflist changed');
  }

  async #readConfigurations(): Promise<ConfigurationFile[]> {
    const { configurationDirectory } = this.#options;
    await mkdir(configurationDirectory, { recursive: true });
    this.#watch(configurationDirectory);
    const files: ConfigurationFile[] = [];
    for (const name of await readdir(configurationDirectory)) {
      const text = await readFileOrNothing(join(configurationDirectory, name));
      if (text !== undefined) files.push({ name, text });
    }
    return files;
  }

  /** A watch that breaks is made again with the next look at the directory. */
  #watch(directory: string): void {
    if (this.#watcher || this.#isStopped) return;
    this.#watcher = watch(directory, () => this.#actIn(settleMs));
    this.#watcher.on('error', () => {
      this.#watcher?.close();
      this.#watcher = undefined;
    });
  }
}

/** Copies the plugin, unless it is there: under another name first, since the runtime may start it at any moment. */
async function installPlugin(source: string, directory: string): Promise<void> {
  const target = join(directory, pluginType);
  const temporary = join(directory, `.${pluginType}`);
  const [wanted, present] = await Promise.all([readFile(source), readFile(target).catch(() => undefined)]);
  if (present?.equals(wanted)) return;
  await mkdir(directory, { recursive: true });
  await copyFile(source, temporary);
  await chmod(temporary, 0o755);
  await rename(temporary, target);
}

/** `undefined` for what went meanwhile, and for folders. */
async function readFileOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readIfExists(path);
  } catch (error) {
    if (hasErrno(error, 'EISDIR')) return undefined;
    throw error;
  }
}
