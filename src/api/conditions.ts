/** The condition types of a StaticGatewayConfiguration, in the order in which the operator works. */
export const conditionTypes = ['Ready', 'Accepted', 'CloudReady', 'GatewaysReady'] as const;

export type ConditionType = (typeof conditionTypes)[number];

interface ReasonRow {
  /** The conditions that use the reason. `Ready` takes over the reason of the first condition that does not hold. */
  readonly types: readonly ConditionType[];
  readonly status: 'True' | 'False' | 'Unknown';
  readonly means: string;
  readonly remedy: string;
}

const nothing = 'Nothing.';
const waits = 'Wait; it is retried by itself, and the message says for what.';

/** Every reason of a condition: what it means and what to do. `docs/reference/conditions.md` is generated from this table. */
export const conditionReasons = {
  AllGatewaysReady: {
    types: ['Ready', 'GatewaysReady'],
    status: 'True',
    means: 'Every node of the gateway pool serves the configuration.',
    remedy: nothing,
  },
  SomeGatewaysNotReady: {
    types: ['Ready', 'GatewaysReady'],
    status: 'True',
    means: 'Pods are served, but not every node of the gateway pool takes part.',
    remedy: 'The message names the nodes; `kubectl get gws -n kube-egress-gateway-system` shows why.',
  },
  NoGatewayReady: {
    types: ['GatewaysReady'],
    status: 'False',
    means: 'No gateway serves the configuration. Its pods reach nothing outside; they do not leave by another address.',
    remedy: 'Look at the gateway nodes and at the pods of the gateway-agent on them.',
  },
  WaitingForGateways: {
    types: ['GatewaysReady'],
    status: 'False',
    means: 'The cloud side is ready, the gateways have not yet acknowledged it.',
    remedy: waits,
  },
  WaitingForCloud: {
    types: ['GatewaysReady'],
    status: 'Unknown',
    means: 'The gateways cannot be asked before the cloud side is ready.',
    remedy: 'See CloudReady.',
  },
  Accepted: {
    types: ['Accepted'],
    status: 'True',
    means: 'The specification is sound, and pool and prefix fit each other.',
    remedy: nothing,
  },
  InvalidSpecification: {
    types: ['Accepted'],
    status: 'False',
    means: 'The specification contradicts itself; the object is older than the rule that would refuse it today.',
    remedy: 'Correct the field that the message names.',
  },
  GatewayPoolNotFound: {
    types: ['Accepted'],
    status: 'False',
    means: 'No gateway node pool or scale set of that name.',
    remedy: 'Check `gatewayNodepoolName` or `gatewayVmssProfile`; or add the pool: it is found within a minute.',
  },
  NotAGatewayPool: {
    types: ['Accepted'],
    status: 'False',
    means: 'The pool exists, but is not in gateway mode.',
    remedy: 'Name a pool that was added with `--mode gateway`.',
  },
  PrefixNotFound: {
    types: ['Accepted'],
    status: 'False',
    means: 'The public IP prefix of `publicIpPrefixId` does not exist.',
    remedy: 'Check the resource id; once the prefix exists it is found within a minute.',
  },
  PrefixPermissionMissing: {
    types: ['Accepted'],
    status: 'False',
    means: "The operator's identity may not use the public IP prefix.",
    remedy: 'Give it the role "Network Contributor" on the prefix; it is noticed within a minute.',
  },
  PrefixSizeMismatch: {
    types: ['Accepted'],
    status: 'False',
    means: "The prefix does not have the pool's prefix size.",
    remedy: 'Bring a prefix of the size that the message names.',
  },
  PrefixSubscriptionMismatch: {
    types: ['Accepted'],
    status: 'False',
    means: 'The prefix lies in another subscription than the pool.',
    remedy: "Bring a prefix of the pool's subscription.",
  },
  PrefixRegionMismatch: {
    types: ['Accepted'],
    status: 'False',
    means: 'The prefix lies in another region than the pool.',
    remedy: "Bring a prefix of the pool's region.",
  },
  PrefixUnsuitable: {
    types: ['Accepted'],
    status: 'False',
    means: 'The prefix cannot be used: it is IPv6, not of SKU Standard, or a zone does not fit.',
    remedy: 'Bring a Standard IPv4 prefix.',
  },
  PrefixInUse: {
    types: ['Accepted'],
    status: 'False',
    means: 'Another configuration owns the prefix.',
    remedy: 'Bring another prefix, or delete the configuration that the message names.',
  },
  PrefixNotShared: {
    types: ['Accepted'],
    status: 'False',
    means: 'The prefix carries no tag that lets this namespace use it, and the operator runs with `byoPrefixes: tagged`.',
    remedy: "Add the namespace to the prefix's tag that the message names.",
  },
  PrefixExhausted: {
    types: ['Accepted', 'CloudReady'],
    status: 'False',
    means: 'The prefix has fewer free addresses than the pool has nodes.',
    remedy: 'Free addresses of the prefix, or scale the pool in.',
  },
  CloudResourcesReady: {
    types: ['CloudReady'],
    status: 'True',
    means: 'Prefix and IP configurations are in place on the scale set and on each of its instances.',
    remedy: nothing,
  },
  WaitingForAcceptance: {
    types: ['CloudReady', 'GatewaysReady'],
    status: 'Unknown',
    means: 'Nothing is made before the configuration is accepted.',
    remedy: 'See Accepted.',
  },
  Provisioning: {
    types: ['CloudReady'],
    status: 'False',
    means: 'Prefix or IP configurations are being made.',
    remedy: waits,
  },
  CloudError: {
    types: ['Accepted', 'CloudReady'],
    status: 'False',
    means: 'A call to the cloud failed. The message gives its code and text.',
    remedy: 'It is retried with backoff; what the message says may need a change on the cloud side.',
  },
  CloudThrottled: {
    types: ['Accepted', 'CloudReady'],
    status: 'False',
    means: 'The cloud limits the number of calls.',
    remedy: waits,
  },
  CloudPermissionMissing: {
    types: ['Accepted', 'CloudReady'],
    status: 'False',
    means: "The operator's identity lacks a right on the resource that the message names.",
    remedy: 'Grant it; it is noticed within a minute.',
  },
  NicAddressLimit: {
    types: ['CloudReady'],
    status: 'False',
    means: "A gateway node's network interface has the 256 private addresses that are allowed.",
    remedy: 'Put the configuration on another gateway node pool.',
  },
  NoGatewayNodes: {
    types: ['CloudReady'],
    status: 'False',
    means: 'The pool has no nodes.',
    remedy: 'Scale the pool to two nodes or more.',
  },
  Deleting: {
    types: ['Ready', 'Accepted', 'CloudReady', 'GatewaysReady'],
    status: 'False',
    means: 'The configuration is being deleted; what it made in the cloud is being released.',
    remedy: 'Wait; the message says what is still there.',
  },
} as const satisfies Record<string, ReasonRow>;

export type ConditionReason = keyof typeof conditionReasons;
