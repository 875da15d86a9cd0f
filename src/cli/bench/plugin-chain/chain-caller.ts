import { readFileSync, writeFileSync } from 'node:fs';
import { SegwError } from '../../../base/error.ts';
import {
  parsePluginList,
  pluginEnvironment,
  pluginFolder,
  pluginInput,
  withoutEgressPlugin,
  type PluginList,
  type Sandbox,
} from './plugin-list.ts';

/** Runs a program on the node and waits for its end (`src/linux/run-and-wait.ts`). */
export type RunOnNode = (program: {
  readonly file: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inputFile: string;
  readonly outputFile: string;
}) => { readonly exitCode: number; readonly durationMs: number };

/** Paths of the node. */
const inputFile = '/run/segw-bench-input';
const outputFile = '/run/segw-bench-output';
const conflist = '/etc/cni/net.d/05-segw.conflist';

export interface ChainCall {
  readonly sandbox: Sandbox;
  /** Our plugin too, or only those before it. */
  readonly chain: 'whole' | 'base';
}

/** How long each plugin took to ADD, in the order of the list. */
export type PluginDurations = readonly { readonly type: string; readonly durationMs: number }[];

/**
 * Calls the plugins of the node that the calling thread is on, one program after the other, as a container runtime does: a network
 * namespace, then ADD of each with the result of the one before; DEL in the opposite order, then the namespace goes.
 */
export class ChainCaller {
  readonly #run: RunOnNode;
  readonly #lists: Readonly<Record<ChainCall['chain'], PluginList>>;
  /** What the last plugin answered, by container id: DEL gets it back. */
  readonly #results = new Map<string, unknown>();

  constructor(run: RunOnNode) {
    this.#run = run;
    const whole = parsePluginList(readFileSync(conflist, 'utf8'));
    this.#lists = { whole, base: withoutEgressPlugin(whole) };
  }

  /** Throws `CommandFailed` with what the plugin printed. */
  add({ sandbox, chain }: ChainCall): PluginDurations {
    this.#ip('add', sandbox.netns);
    const list = this.#lists[chain];
    const env = pluginEnvironment('ADD', sandbox);
    let prevResult: unknown;
    return list.plugins.map(({ type }, index) => {
      const durationMs = this.#call(type, env, pluginInput(list, index, sandbox, prevResult));
      prevResult = JSON.parse(readFileSync(outputFile, 'utf8'));
      this.#results.set(sandbox.containerId, prevResult);
      return { type, durationMs };
    });
  }

  /** Errors as `add`. */
  del({ sandbox, chain }: ChainCall): void {
    const list = this.#lists[chain];
    const env = pluginEnvironment('DEL', sandbox);
    for (const [index, { type }] of [...list.plugins.entries()].reverse())
      this.#call(type, env, pluginInput(list, index, sandbox, this.#results.get(sandbox.containerId)));
    this.#results.delete(sandbox.containerId);
    this.#ip('delete', sandbox.netns);
  }

  #ip(verb: string, netns: string): void {
    writeFileSync(inputFile, '');
    this.#check(`ip netns ${verb}`, { file: '/usr/sbin/ip', args: ['netns', verb, netns], env: {} });
  }

  #call(type: string, env: Readonly<Record<string, string>>, input: string): number {
    writeFileSync(inputFile, input);
    return this.#check(`${type} ${env['CNI_COMMAND'] ?? ''}`, { file: `${pluginFolder}/${type}`, env });
  }

  #check(what: string, program: Omit<Parameters<RunOnNode>[0], 'inputFile' | 'outputFile'>): number {
    const { exitCode, durationMs } = this.#run({ ...program, inputFile, outputFile });
    if (exitCode === 0) return durationMs;
    throw new SegwError('CommandFailed', `${what} ended with ${String(exitCode)}: ${readFileSync(outputFile, 'utf8')}`);
  }
}
