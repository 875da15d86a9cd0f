import { type Command, InvalidArgumentError, Option } from 'commander';
import { SegwError } from '../../base/error.ts';
import { outputOption, type OutputFormat } from '../output.ts';
import type { CloudOptions } from './azure-clients.ts';

export interface ResultOptions extends CloudOptions {
  readonly output: OutputFormat;
}

export interface ClusterOptions extends ResultOptions {
  readonly resourceGroup: string;
  readonly name: string;
}

export interface PoolListOptions extends ResultOptions {
  readonly resourceGroup: string;
  readonly clusterName: string;
}

export interface PoolOptions extends PoolListOptions {
  readonly name?: string;
  readonly nodepoolName?: string;
}

/** Flags that every command of the noun has. */
export function addCloudOptions(command: Command): Command {
  return command
    .option('--subscription <id>', 'the subscription, when it is not the one of the environment')
    .option('--azure', 'work on the public cloud, even where a local region is at hand')
    .addOption(outputOption());
}

/** `-g GROUP -n CLUSTER` */
export function addClusterOptions(command: Command): Command {
  return addCloudOptions(
    command
      .requiredOption('-g, --resource-group <group>', 'the resource group of the cluster')
      .requiredOption('-n, --name <cluster>', 'the name of the cluster'),
  );
}

/** `-g GROUP --cluster-name CLUSTER` */
export function addPoolListOptions(command: Command): Command {
  return addCloudOptions(
    command
      .requiredOption('-g, --resource-group <group>', 'the resource group of the cluster')
      .requiredOption('--cluster-name <cluster>', 'the name of the cluster'),
  );
}

/** `-g GROUP --cluster-name CLUSTER -n POOL`; az also takes `--nodepool-name`. */
export function addPoolOptions(command: Command): Command {
  return addPoolListOptions(command)
    .option('-n, --name <pool>', 'the name of the node pool')
    .addOption(new Option('--nodepool-name <pool>').hideHelp());
}

/** Throws `InvalidInput` when neither spelling of the name is given. */
export function poolNameOf({ name, nodepoolName }: PoolOptions): string {
  const pool = name ?? nodepoolName;
  if (pool === undefined) throw new SegwError('InvalidInput', "required option '-n, --name <pool>' not specified");
  return pool;
}

export function noWaitOption(): Option {
  return new Option('--no-wait', 'return when the service has accepted the request');
}

export function parseInteger(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is expected.');
  return Number(text);
}

/** `a=b c=d` as az has it for tags and labels; an empty string stands for none. Throws `InvalidInput`. */
export function parsePairs(pairs: readonly string[], flag: string): Readonly<Record<string, string>> {
  const entries = pairs.filter((pair) => pair !== '').map((pair) => toEntry(pair, flag));
  return Object.fromEntries(entries);
}

function toEntry(pair: string, flag: string): [string, string] {
  const at = pair.indexOf('=');
  if (at === 0) throw new SegwError('InvalidInput', `${flag}: "${pair}" has no name; the form is name=value`);
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

/** `k=v:NoSchedule,k2=v2:NoExecute` as az has it. */
export function parseTaints(text: string): readonly string[] {
  return text.split(',').filter((taint) => taint !== '');
}

/** `gateway` in any case becomes `Gateway`, as the wire has it. */
export function parseMode(text: string): 'System' | 'User' | 'Gateway' {
  const mode = (['System', 'User', 'Gateway'] as const).find((word) => word.toLowerCase() === text.toLowerCase());
  if (mode === undefined) throw new InvalidArgumentError('Allowed: system, user, gateway.');
  return mode;
}
