/**
 * Every error code of the product: what it means and what to do about it. `docs/errors.md` is generated from this table and a
 * test compares the two, so a code that is thrown but not listed here does not compile, and one that is listed is documented.
 */
export const errorCodes = {
  AcknowledgementMissing: {
    means: 'The pod was refused: no gateway has yet said that it takes the traffic of its configuration from this node.',
    remedy:
      'It is tried again by itself. If it stays: `kubectl get gws -n kube-egress-gateway-system`, and the log of the gateway-agents.',
  },
  AgentStarting: {
    means: 'The pod was refused: the worker-agent of its node has just started and does not know the cluster yet.',
    remedy: 'It is tried again by itself. If it stays, the agent cannot reach the API server: see its log.',
  },
  AlreadyExists: {
    means: 'An object of that name exists already.',
    remedy: 'Change the existing object, or delete it first.',
  },
  ApiServerError: {
    means: 'The Kubernetes API server answered with an error of its own.',
    remedy: 'It is retried where that helps; the message quotes the answer, and the log of kube-apiserver has the rest.',
  },
  ApiServerUnreachable: {
    means: 'No connection to the Kubernetes API server, or it broke off.',
    remedy: 'It is retried. Check that the server runs and that its address in the kubeconfig can be reached from here.',
  },
  CloudCredentialsRefused: {
    means: 'The cloud does not accept who we say we are: no token for the identity, or a token that is refused.',
    remedy: "Check the identity's client id, its federated credential (issuer, subject, audience) and the authority's address.",
  },
  CloudPermissionMissing: {
    means: "The operator's identity lacks a right on a resource.",
    remedy: 'Grant the action that the message names; it is noticed within a minute.',
  },
  CloudRequestFailed: {
    means: 'A call to the cloud failed.',
    remedy:
      "The message gives the service's code and text. It is retried; what the text says may need a change on the cloud side.",
  },
  CloudThrottled: {
    means: 'The cloud limits the number of calls.',
    remedy: 'Nothing: it is retried after the time that the service asks for.',
  },
  FeatureRemoved: {
    means: 'The pod was refused: static egress gateway is being removed from the cluster while it starts.',
    remedy: 'Nothing: the pod is tried again by itself, and then starts as if it had no annotation.',
  },
  ForeignDefinitions: {
    means: "The cluster has another product's kinds in our API group, such as those of Microsoft's own static egress gateway.",
    remedy: 'Switch that feature off, or run this product on another cluster: both would write the same objects.',
  },
  MetadataService: {
    means: "The cloud's instance metadata service does not answer a gateway-agent, or answers something else than expected.",
    remedy:
      'It is tried again. Until then scheduled events of the machine are not heard of; where there is no such service, start the gateway-agent with `--metadata-url=none`.',
  },
  NicAddressLimit: {
    means: "A gateway node's network interface has as many private addresses as are allowed.",
    remedy: 'Put the configuration on another gateway node pool.',
  },
  PrefixExhausted: {
    means: 'A public IP prefix has fewer free addresses than the gateway node pool has nodes.',
    remedy: 'Free addresses of the prefix, or scale the pool in.',
  },
  ResourcesExhausted: {
    means: 'Every number or block of addresses that the cluster has for its nodes is taken.',
    remedy: 'Remove nodes; what a node had is free ten minutes later.',
  },
  ClusterNetworksUnknown: {
    means: 'The pod was refused: which networks belong to the cluster is not known, so nothing may be sent to a gateway.',
    remedy:
      'Where nodes have no pod CIDR or the cluster has no ServiceCIDR objects, give the networks to the worker-agent by flags.',
  },
  ConfigurationMissing: {
    means: "The pod's annotation names a StaticGatewayConfiguration that does not exist in the pod's own namespace.",
    remedy: 'Create it there, or correct the annotation; configurations of other namespaces cannot be used.',
  },
  ConfigurationNotReady: {
    means: 'The pod was refused: its StaticGatewayConfiguration is not ready.',
    remedy: 'The message quotes its condition Ready, which says what is missing; the pod is tried again by itself.',
  },
  Conflict: {
    means: 'The object has changed since it was read, or another field manager owns the field.',
    remedy: 'Read the object again and repeat the change; controllers do so by themselves.',
  },
  Forbidden: {
    means: 'The caller is known, but may not do this.',
    remedy: 'The message names verb, resource and user; grant the role that the chart gives to this component.',
  },
  InvalidObject: {
    means: 'The Kubernetes API server refused the object: a field does not fit the schema or a rule.',
    remedy: 'The message lists the fields and why each is refused.',
  },
  MalformedResponse: {
    means: 'The Kubernetes API server sent something that is not what its protocol says.',
    remedy: 'It is retried. If it stays, look for a proxy between this process and the server.',
  },
  ResourceExpired: {
    means: 'The resource version or the continue token is too old for the API server (410 Gone).',
    remedy: 'Nothing: what watches lists again by itself.',
  },
  TooManyRequests: {
    means: 'The Kubernetes API server limits this caller (429), also after the waits that it asked for.',
    remedy: 'It is retried. If it stays, look at the flow schemas (API priority and fairness) of the server.',
  },
  Unauthorized: {
    means: 'The Kubernetes API server does not accept the token or the certificate.',
    remedy: 'Check that the credentials belong to this cluster and have not expired.',
  },
  AzureRefused: {
    means: 'Azure Resource Manager refused a request, or an operation that it had begun failed.',
    remedy: 'The message quotes code and reason of the service; change the request accordingly.',
  },
  AzureUnreachable: {
    means: 'No connection to Azure Resource Manager or to its token endpoint.',
    remedy: 'Local region: `segw status`, then `segw up`. Azure: check network and proxy.',
  },
  AzureSignInFailed: {
    means: 'There are no credentials for Azure, or they are not accepted.',
    remedy:
      'Local region: run `segw up`, or `eval "$(segw env)"` again in this shell. Azure: `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.',
  },
  DebianNeeded: {
    means: 'A part of the local region is built from Debian packages, and this host has no apt-get.',
    remedy: 'Use a Debian host, or one with apt-get that reaches a Debian mirror.',
  },
  DiskFull: {
    means: 'A file system that the local region writes to has no room left. Nothing half made was kept.',
    remedy:
      'Make room on it, or set SEGW_CACHE_DIR or SEGW_STATE_DIR to a folder on a larger one; then run the command again: it continues.',
  },
  DownloadCorrupt: {
    means: 'What was downloaded is not what was published: its checksum differs.',
    remedy: 'Try again; if it stays, a proxy on the way changes the bytes. Nothing of it was kept.',
  },
  GatewayNodeRefused: {
    means: 'An annotated pod was scheduled to a gateway node: gateway nodes serve other nodes, not pods of their own.',
    remedy: 'Remove the toleration of the gateway taint from the pod, so that it is scheduled elsewhere.',
  },
  GoMissing: {
    means: 'Programs have to be built, and there is no Go release that is new enough.',
    remedy: 'Install Go 1.24 or newer and put it on PATH.',
  },
  CommandFailed: {
    means: 'A program that we started ended with an error.',
    remedy: 'Read the last lines of its output in the message; run the command by hand.',
  },
  Timeout: {
    means: 'Something did not happen within its limit.',
    remedy: 'The message names what was awaited and its last state; `segw doctor` looks for the cause.',
  },
  InvalidInput: {
    means: 'A flag, a file or a request holds a value that is not allowed.',
    remedy: 'The message names the field, the value and what is allowed.',
  },
  FileWatchersExhausted: {
    means: 'The kernel gives this user no more inotify instances, and every node needs some.',
    remedy: 'Give it more: `sysctl fs.inotify.max_user_instances=1024`. Or delete node pools, or end another local region.',
  },
  HostUnsuitable: {
    means: 'The machine under the local region lacks something that it needs.',
    remedy: 'Run `segw doctor`: it names what is missing and how to get it.',
  },
  MachineBootFailed: {
    means: 'A machine of the local region ended while it booted.',
    remedy: 'The message quotes its console; `segw doctor` checks what machines need from the host.',
  },
  MachineNotRunning: {
    means: 'Something was to be done on a machine of the local region that is powered off.',
    remedy: 'Start the instance (`az vmss start`), or delete it.',
  },
  NeedsRoot: {
    means: 'The command makes namespaces, mounts and cgroups, which only root may.',
    remedy: 'Run it as root, for example: sudo ./segw ...',
  },
  NotFound: {
    means: 'The named thing does not exist.',
    remedy: 'Check the spelling; the matching `list` command shows what exists.',
  },
  PodNetworkUnsupported: {
    means: "The pod has no link of its own in the node's network namespace, as behind a Linux bridge: who sends cannot be told.",
    remedy: 'Use a pod network that gives each pod a veth pair and a route: Azure CNI, Calico, kindnet, ptp.',
  },
  PortTaken: {
    means: 'Another program listens on a port that the local region needs.',
    remedy: 'End that program, or set SEGW_PORT to another first port of 16.',
  },
  PythonMissing: {
    means: 'The Azure CLI has to be installed once, and there is no Python that it runs on.',
    remedy: 'Install Python 3.10 or newer with its venv module, and put it on PATH as python3.',
  },
  RegionFailed: {
    means: 'The region daemon ended when it should run.',
    remedy: 'The message quotes the end of its log; `segw doctor` looks for the cause.',
  },
  RegionMissing: {
    means: 'The command needs the local region, and there is none.',
    remedy: 'Start it: sudo ./segw up',
  },
  LabelMissing: {
    means: 'The pod was refused: the operator has not yet given its configuration an address for use on this node.',
    remedy: 'It is tried again by itself. If it stays, see the log of Deployment segw-operator in kube-egress-gateway-system.',
  },
  NftablesRejected: {
    means: 'The kernel or libnftables refused a ruleset; nothing of it was applied.',
    remedy:
      'The message quotes what nft says and where. Another program may have changed or removed our table: see `nft list ruleset`.',
  },
  StateDamaged: {
    means: 'The file with all that the local region knows of its resources cannot be read: it is damaged, or something else.',
    remedy: 'Put a copy of yours back, or begin anew: `segw down --purge`, then `segw up`.',
  },
  SystemCall: {
    means: 'The kernel refused a request: a system call or a netlink message.',
    remedy: 'The message names the request and the reason; EPERM means that root or a capability is missing.',
  },
  WireguardRefused: {
    means:
      'wireguard-go, which carries the tunnels where the kernel has no WireGuard, did not start, answer or accept a request.',
    remedy: 'See the log of tunnel-host; it needs /dev/net/tun and the capability NET_ADMIN.',
  },
  Internal: {
    means: 'A condition that should be impossible. It is a defect of this software.',
    remedy: 'Please report it with the message and `segw doctor --output json`.',
  },
} as const satisfies Record<string, { means: string; remedy: string }>;

export type ErrorCode = keyof typeof errorCodes;
