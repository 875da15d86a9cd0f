import { parseCniArgs } from '../cni-args.ts';
import { cniErrorCodes, type CniError } from '../error-object.ts';
import { annotationsCapability, defaultVersion, supportedVersions } from '../plugin.ts';
import { isJsonObject, parseJsonObject, type JsonObject } from './json.ts';

/** What the frame (`deploy/images/cni-shim/shim.c`) gives. */
export interface ShimHost {
  environment(name: string): string | undefined;
  /** Throws when it cannot be read or is too long. */
  readInput(): string;
  /** Sends a line to a UNIX socket and returns the answer. Throws when there is none within `seconds`. */
  request(socket: string, line: string, seconds: number): string;
}

export interface ShimOutcome {
  /** For standard output. */
  readonly output: string;
  readonly exitCode: number;
}

/** Of the pod: which StaticGatewayConfiguration it wants (spec.md C1). `src/api` says the same; it does not belong into a plugin. */
const podAnnotation = 'kubernetes.azure.com/static-gateway-configuration';
const agentSocket = '/run/segw/cni.sock';
/** For tests, which cannot have the node's own. */
const agentSocketVariable = 'SEGW_CNI_SOCKET';
/** The agent gives up after 20 s. */
const addLimitSeconds = 30;
/** A pod must go also when nobody listens. */
const otherLimitSeconds = 5;

const nothing: ShimOutcome = { output: '', exitCode: 0 };

/**
 * The CNI plugin. A pod without our annotation passes at once, whatever state the node's agent is in; with it, the agent decides.
 * DEL always succeeds. Source: CNI specification 1.0.0, section 2; kubernetes-lab.md, section 4.
 */
export function run(host: ShimHost): ShimOutcome {
  const command = host.environment('CNI_COMMAND') ?? '';
  switch (command) {
    case 'VERSION':
      return version(host);
    case 'ADD':
      return add(host);
    case 'CHECK':
      return check(host);
    case 'DEL':
      return del(host);
    case 'STATUS':
    case 'GC':
      return nothing;
    default:
      return failure(defaultVersion, {
        code: cniErrorCodes.invalidEnvironment,
        msg: `CNI_COMMAND is "${command}"`,
        details: 'expected ADD, CHECK, DEL, VERSION, STATUS or GC: this program is started by the container runtime',
      });
  }
}

function version(host: ShimHost): ShimOutcome {
  const cniVersion = versionOf(parseInput(host).config ?? {});
  return success({ cniVersion, supportedVersions });
}

function add(host: ShimHost): ShimOutcome {
  const { config, error } = parseInput(host);
  if (config === undefined) return failure(defaultVersion, error);
  const { prevResult } = config;
  if (!isAnnotated(config)) return success(prevResult ?? { cniVersion: versionOf(config) });
  const answer = ask(host, 'ADD', config);
  return isError(answer) ? failure(versionOf(config), answer) : success(answer.result);
}

function check(host: ShimHost): ShimOutcome {
  const { config, error } = parseInput(host);
  if (config === undefined) return failure(defaultVersion, error);
  const answer = isAnnotated(config) ? ask(host, 'CHECK', config) : { result: {} };
  return isError(answer) ? failure(versionOf(config), answer) : nothing;
}

/** The agent also notices by itself when a pod's link is gone. */
function del(host: ShimHost): ShimOutcome {
  const { config } = parseInput(host);
  if (config !== undefined && isAnnotated(config)) ask(host, 'DEL', config);
  return nothing;
}

type Input =
  | { readonly config: JsonObject; readonly error?: undefined }
  | { readonly config?: undefined; readonly error: CniError };

function parseInput(host: ShimHost): Input {
  try {
    return { config: parseJsonObject(host.readInput()) };
  } catch (thrown) {
    return {
      error: {
        code: cniErrorCodes.malformedContent,
        msg: `the configuration on standard input cannot be read: ${textOf(thrown)}`,
        details: 'look at the conflists in /etc/cni/net.d and at the log of the container runtime',
      },
    };
  }
}

function isAnnotated({ runtimeConfig }: JsonObject): boolean {
  const annotations = isJsonObject(runtimeConfig) ? runtimeConfig[annotationsCapability] : undefined;
  return isJsonObject(annotations) && Object.prototype.hasOwnProperty.call(annotations, podAnnotation);
}

/** The agent's answer: a result, or why there is none. Protocol: a JSON line each way. */
function ask(host: ShimHost, command: string, config: JsonObject): { readonly result: unknown } | CniError {
  const request = {
    command,
    containerId: host.environment('CNI_CONTAINERID') ?? '',
    netns: host.environment('CNI_NETNS') ?? '',
    ifname: host.environment('CNI_IFNAME') ?? '',
    args: parseCniArgs(host.environment('CNI_ARGS') ?? ''),
    config,
  };
  try {
    const socket = host.environment(agentSocketVariable) ?? agentSocket;
    const seconds = command === 'ADD' ? addLimitSeconds : otherLimitSeconds;
    return toAnswer(host.request(socket, `${JSON.stringify(request)}\n`, seconds));
  } catch (thrown) {
    return {
      code: cniErrorCodes.tryAgainLater,
      msg: `the pod wants a static egress gateway, and the worker-agent of this node cannot be asked: ${textOf(thrown)}`,
      details: 'see the pods of DaemonSet segw-worker-agent in namespace kube-egress-gateway-system; it is tried again by itself',
    };
  }
}

function toAnswer(line: string): { readonly result: unknown } | CniError {
  if (line === '') throw new Error('it ended without an answer');
  const { result, error } = parseJsonObject(line);
  if (isJsonObject(result)) return { result };
  if (!isJsonObject(error)) throw new Error('its answer is neither a result nor an error');
  const { code, msg, details } = error;
  return { code: typeof code === 'number' ? code : cniErrorCodes.internal, msg: String(msg), details: String(details) };
}

function isError(answer: { readonly result: unknown } | CniError): answer is CniError {
  return 'code' in answer;
}

function versionOf({ cniVersion }: JsonObject): string {
  return typeof cniVersion === 'string' ? cniVersion : defaultVersion;
}

function success(result: unknown): ShimOutcome {
  return { output: `${JSON.stringify(result)}\n`, exitCode: 0 };
}

function failure(cniVersion: string, error: CniError): ShimOutcome {
  return { output: `${JSON.stringify({ cniVersion, ...error })}\n`, exitCode: 1 };
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
