import { messageOf, SegwError } from '../base/error.ts';
import { annotationsCapability, pluginType } from './plugin.ts';

declare global {
  interface JSON {
    /** ECMAScript, proposal-json-parse-with-source: TypeScript's library does not know it yet. */
    rawJSON(source: string): unknown;
  }
}

/** A file of the directory in which the container runtime looks for its network configuration. */
export interface ConfigurationFile {
  readonly name: string;
  readonly text: string;
}

/** What the container runtime reads (containernetworking/cni, libcni/conf.go: ConfFiles as containerd calls it). */
const extensions = ['.conf', '.conflist', '.json'];

/** The file of others that the container runtime would use without ours: the lexically first one. */
export function chooseForeign(files: readonly ConfigurationFile[], ownName: string): ConfigurationFile | undefined {
  return files
    .filter(({ name }) => name !== ownName && extensions.some((extension) => name.endsWith(extension)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))[0];
}

/**
 * The conflist that does what `foreign` does and then calls our plugin. Everything else keeps its meaning to the digit; a configuration
 * of a single plugin becomes a list, as the runtime itself would make one of it (libcni: ConfListFromConf). Throws `InvalidInput` when
 * it is no configuration: a broken file in this directory keeps every pod of the node from starting.
 */
export function chainPlugin({ name, text }: ConfigurationFile): string {
  const list = toList(parseConfiguration(name, text), name);
  if (list.plugins.some((plugin) => isOurs(plugin))) return `${JSON.stringify(list, undefined, 2)}\n`;
  const ours = { type: pluginType, capabilities: { [annotationsCapability]: true } };
  return `${JSON.stringify({ ...list, plugins: [...list.plugins, ours] }, undefined, 2)}\n`;
}

/** Whether the configuration calls our plugin, with the annotations. False also for what cannot be read. */
export function isChained(text: string): boolean {
  try {
    return toList(parseConfiguration('', text), '').plugins.some((plugin) => isOurs(plugin));
  } catch {
    return false;
  }
}

type JsonObject = Readonly<Record<string, unknown>>;
type PluginList = JsonObject & { readonly plugins: readonly unknown[] };

function toList(configuration: JsonObject, fileName: string): PluginList {
  const { plugins, type, name, cniVersion } = configuration;
  if (isList(plugins) && plugins.length > 0) return { ...configuration, plugins };
  if (plugins === undefined && typeof type === 'string') {
    const head = { ...(cniVersion !== undefined && { cniVersion }), ...(name !== undefined && { name }) };
    return { ...head, plugins: [configuration] };
  }
  throw new SegwError('InvalidInput', `${fileName}: neither a list of plugins nor a plugin`);
}

function isOurs(plugin: unknown): boolean {
  if (!isObject(plugin) || plugin['type'] !== pluginType) return false;
  const { capabilities } = plugin;
  return isObject(capabilities) && capabilities[annotationsCapability] === true;
}

function parseConfiguration(name: string, text: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, keepNumber);
  } catch (error) {
    throw new SegwError('InvalidInput', `${name}: ${messageOf(error)}`, { cause: error });
  }
  if (isObject(parsed)) return parsed;
  throw new SegwError('InvalidInput', `${name}: not a JSON object`);
}

/** A number stays what it is in the text: other programs may read more digits than a double has. */
function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? JSON.rawJSON(context.source) : value;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
