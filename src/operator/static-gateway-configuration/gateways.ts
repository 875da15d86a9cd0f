import type { GatewayState, GatewayStatus } from '../../api/gateway-status.ts';
import type { GatewayVmProfile } from '../../api/gateway-vm-configuration.ts';
import type { Node } from '../cluster-kinds.ts';
import { isNodeReady } from '../node-role.ts';

/** A gateway as one configuration sees it. */
export interface Gateway {
  readonly node: string;
  readonly egressAddress: string;
  readonly state: GatewayState;
  /** Whether it has programmed the configuration's address. */
  readonly hasAcknowledged: boolean;
  readonly endpoint?: string | undefined;
  readonly publicKey?: string | undefined;
  /** Why it does not serve. */
  readonly why?: string | undefined;
}

interface GatewayFacts {
  readonly configurationUid: string;
  readonly profile: GatewayVmProfile;
  readonly status: GatewayStatus['status'];
  readonly node: Node | undefined;
}

/** A dead agent cannot say that it is dead: so the node's own state counts as well. Pure. */
export function observeGateway({ configurationUid, profile, status = {}, node }: GatewayFacts): Gateway {
  const { endpoint, publicKey, configurations = [] } = status;
  const hasAcknowledged = configurations.some(
    ({ uid, secondaryAddress }) => uid === configurationUid && secondaryAddress === profile.secondaryAddress,
  );
  const why = whyNot({ hasAcknowledged, status, node });
  const isDraining = status.state === 'Draining' && hasAcknowledged && node !== undefined && isNodeReady(node);
  const state = why === undefined ? 'Ready' : isDraining ? 'Draining' : 'NotReady';
  return {
    node: profile.nodeName,
    egressAddress: profile.publicAddress ?? profile.secondaryAddress,
    state,
    hasAcknowledged,
    endpoint,
    publicKey,
    why,
  };
}

function whyNot({
  hasAcknowledged,
  status,
  node,
}: {
  readonly hasAcknowledged: boolean;
  readonly status: NonNullable<GatewayStatus['status']>;
  readonly node: Node | undefined;
}): string | undefined {
  if (node === undefined) return 'the node has not joined the cluster';
  if (!isNodeReady(node)) return 'the node is not ready';
  if (status.state === undefined) return 'its gateway-agent has not reported yet';
  if (status.state !== 'Ready') return [status.state, status.reason, status.message].filter(Boolean).join(': ');
  return hasAcknowledged ? undefined : 'it has not acknowledged the configuration yet';
}
