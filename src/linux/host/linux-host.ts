import { SegwError, messageOf } from '../../base/error.ts';
import type { describeStep } from '../../dataplane/describe-step.ts';
import type { Host, isDeviceOf } from '../../dataplane/host.ts';
import type { renderTransaction } from '../../dataplane/nft/transaction.ts';
import type { contradicts } from '../../dataplane/pod-way.ts';
import { inNewNetns } from '../netns.ts';
import { openNftables } from '../nftables.ts';
import { applyStep } from './apply.ts';
import { kernelKind } from './kernel-wireguard.ts';
import { Namespaces } from './namespaces.ts';
import { observe } from './observe.ts';
import { Tables } from './tables.ts';
import { userspaceKind, type TunnelHost } from './userspace-wireguard.ts';
import type { PrivateKeys } from './wireguard.ts';

/** The functions of the dataplane itself that a host calls. `linux` knows other rooms by their types only, so the process gives them. */
export interface DataplaneFunctions {
  readonly contradicts: typeof contradicts;
  readonly describeStep: typeof describeStep;
  readonly isDeviceOf: typeof isDeviceOf;
  readonly renderTransaction: typeof renderTransaction;
}

interface LinuxHostOptions {
  readonly dataplane: DataplaneFunctions;
  /** The file that keeps the namespace of this name: `/proc/self/ns/net` for `host`, else such as `/run/netns/segw`. */
  readonly namespacePath: (name: string) => string;
  readonly privateKeys: PrivateKeys;
  /** Mark of the packets that a kick sends (`DataplaneSettings`). */
  readonly kickMark: number;
  /** Who runs wireguard-go; absent where the kernel has WireGuard (`kernelHasWireguard`). */
  readonly tunnels?: TunnelHost;
  /** Path of libnftables when it is not installed (`openNftables`). */
  readonly nftablesLibrary?: string;
}

export interface LinuxHost extends Host {
  /** Ends the tables that only this process may change, and nothing else. */
  close(): void;
}

/** This node's kernel, by netlink, libnftables and the WireGuard that there is. Opens nothing before its first use. */
export function createLinuxHost(options: LinuxHostOptions): LinuxHost {
  const { dataplane, namespacePath: pathOf, nftablesLibrary: library } = options;
  const openRules = (netns?: string) =>
    openNftables({ ...(library === undefined ? {} : { library }), ...(netns === undefined ? {} : { netns }) });
  let opened: ReturnType<typeof openRules> | undefined;
  const scratch = () => (opened ??= inNewNetns(() => openRules()));
  const openTables = (path: string) => new Tables({ ...dataplane, nft: openRules(path), scratch });
  const namespaces = new Namespaces({ pathOf, openTables });
  const wireguard = options.tunnels ? userspaceKind(namespaces, options.tunnels) : kernelKind(namespaces);
  return {
    observe: (scope) => observe(scope, { ...dataplane, namespaces, wireguard }),
    async apply(step) {
      try {
        await applyStep(step, { ...options, ...dataplane, namespaces, wireguard });
      } catch (error) {
        throw inStep(dataplane.describeStep(step), error);
      }
    },
    close() {
      namespaces.close();
      opened?.close();
      opened = undefined;
    },
  };
}

/** Of a step in many lines (a whole ruleset, a list of peers) the first says what. */
function inStep(description: string, error: unknown): SegwError {
  const [what = ''] = description.split('\n');
  const short = what.length > 160 ? `${what.slice(0, 160)}...` : what;
  if (!(error instanceof SegwError)) return new SegwError('SystemCall', `${short}: ${messageOf(error)}`, { cause: error });
  const { code, remedy, retryable } = error;
  return new SegwError(code, `${short}: ${error.message}`, { cause: error, remedy, retryable });
}
