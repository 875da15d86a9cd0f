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
  /** The plugin is off the node as well, or stays for a conflist of somebody else that names it. */
  readonly isUninstalled?: boolean;
}

/** `unchained`: the plugin stays where it is, for the runtime and for us. */
export type ChainGoal = 'chained' | 'unchained' | 'uninstalled';

export interface PluginChain {
  /** Brings the plugin into the chain or out of it, and keeps it there. */
  setGoal(goal: ChainGoal): void;
  stop(): Promise<void>;
}

/** The runtime reads a conflist that has changed at once, but a call of the plugin may be under way. */
const lingerMs = 2000;
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

/** Starts without a goal: the first `setGoal` acts. */
export function startPluginChain(options: ChainOptions): PluginChain {
  const run = new ChainRun(options);
  return { setGoal: (goal) => run.setGoal(goal), stop: () => run.stop() };
}

class ChainRun {
  readonly #options: ChainOptions;
  readonly #clock: Clock;
  #goal: ChainGoal = 'unchained';
  /** Since when no conflist of ours is there, as far as we know. */
  #unchainedAtMs: number | undefined;
  #watcher: FSWatcher | undefined;
  #running: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  setGoal(goal: ChainGoal): void {
    this.#goal = goal;
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
      this.#cancel = undefined;
      this.#running = this.#running.then(() => this.#act());
    });
  }

  async #act(): Promise<void> {
    const { log, onChange } = this.#options;
    const goal = this.#goal;
    let nextMs = resyncMs;
    try {
      const files = await this.#readConfigurations();
      const { step, state } = desiredChain(files, goal === 'chained');
      await this.#take(step, goal);
      const restMs = this.#lingerAfter(state);
      const isUninstalled = goal === 'uninstalled' && restMs <= 0;
      if (isUninstalled) await this.#uninstall(files);
      if (restMs > 0) nextMs = restMs;
      onChange({ ...state, ...(isUninstalled && { isUninstalled }) });
    } catch (error) {
      log.error({ error: messageOf(error) }, 'plugin not chained, will be tried again');
      onChange({ isChained: false, problem: messageOf(error) });
    }
    // What was asked for meanwhile is due earlier.
    if (!this.#cancel) this.#actIn(nextMs);
  }

  /** How long the plugin has to stay, in milliseconds, now that the chain is so. */
  #lingerAfter({ isChained }: ChainState): number {
    const nowMs = this.#clock.nowMs();
    this.#unchainedAtMs = isChained ? undefined : (this.#unchainedAtMs ?? nowMs);
    return this.#unchainedAtMs === undefined ? 0 : this.#unchainedAtMs + lingerMs - nowMs;
  }

  async #uninstall(files: readonly ConfigurationFile[]): Promise<void> {
    if (isNamedByOthers(files)) return;
    await rm(join(this.#options.binDirectory, pluginType), { force: true });
  }

  /** The plugin comes before the conflist that names it, and outlives it: the runtime may still use what it read before. */
  async #take(step: ChainStep, goal: ChainGoal): Promise<void> {
    const { plugin, binDirectory, configurationDirectory, log } = this.#options;
    if (goal === 'chained') await installPlugin(plugin, binDirectory);
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

/** Whether somebody else has chained the plugin: without it, no pod would start. */
export function isNamedByOthers(files: readonly ConfigurationFile[]): boolean {
  return files.some(({ name, text }) => name !== ownName && text.includes(JSON.stringify(pluginType)));
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
