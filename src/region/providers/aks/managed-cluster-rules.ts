import { clusterNetworkProblem, type ClusterSurroundings } from './cluster-network-rules.ts';
import type { AgentPool } from './cluster-records.ts';
import { podSubnetProblem } from './gateway-pool-rules.ts';
import { hostNetworkTagProblem } from './host-network-tag.ts';
import { patchVersion } from './kubernetes-version.ts';
import type { AgentPoolProfile, ManagedClusterBody } from './managed-cluster-body.ts';
import { changeNotAllowed, type Problem, problemsOf, type Rule } from './refusal.ts';

/** What the rules about a managed cluster look at. */
export interface ManagedClusterFacts {
  readonly name: string;
  readonly body: ManagedClusterBody;
  readonly before: ManagedClusterBody | undefined;
  /** The pools that the PUT names. */
  readonly profiles: readonly AgentPoolProfile[];
  /** Of a new cluster. */
  readonly surroundings?: ClusterSurroundings | undefined;
  /** The pools that it has. */
  readonly pools: readonly AgentPool[];
}

/** Spec A3, A8, A9, arm-facts 2. */
export function managedClusterProblems(facts: ManagedClusterFacts): readonly Problem[] {
  const rules =
    facts.before === undefined ? [...everyClusterRules, ...newClusterRules] : [...everyClusterRules, ...changedClusterRules];
  return problemsOf(rules, facts);
}

interface NetworkChoice {
  readonly member: 'ipFamilies' | 'networkPlugin' | 'networkDataplane' | 'networkPolicy' | 'outboundType' | 'loadBalancerSku';
  readonly allowed: readonly string[];
  readonly why: string;
}

const networkChoices: readonly NetworkChoice[] = [
  {
    member: 'ipFamilies',
    allowed: ['IPv4'],
    why: 'IPv6 and dual-stack clusters are supported neither with static egress gateway nor in this region',
  },
  { member: 'networkPlugin', allowed: ['azure', 'kubenet'], why: 'this region brings the pod network' },
  {
    member: 'networkDataplane',
    allowed: ['azure'],
    why: 'eBPF host routing passes by the rules of static egress gateway',
  },
  { member: 'networkPolicy', allowed: ['none'], why: 'this region has no engine for network policies' },
  { member: 'outboundType', allowed: ['loadBalancer'], why: 'clusters of this region leave by a load balancer' },
  { member: 'loadBalancerSku', allowed: ['standard'], why: 'there are only standard load balancers' },
];

const everyClusterRules: readonly Rule<ManagedClusterFacts>[] = [
  ...networkChoices.map(
    (choice): Rule<ManagedClusterFacts> =>
      ({ body }) =>
        choiceProblem(choice, [body.properties.networkProfile[choice.member]].flat()),
  ),
  ({ body: { tags } }) => hostNetworkTagProblem(tags),
  ({ body: { properties } }) => {
    const version = properties.kubernetesVersion;
    if (version === undefined || patchVersion === version || patchVersion.startsWith(`${version}.`)) return undefined;
    return {
      code: 'K8sVersionNotSupported',
      message: `Managed cluster is on version ${version}, which is not supported in this region. Its version is ${patchVersion}.`,
      target: 'properties.kubernetesVersion',
    };
  },
];

const newClusterRules: readonly Rule<ManagedClusterFacts>[] = [
  ({ name }) =>
    /^[A-Za-z0-9]([\w-]{0,61}[A-Za-z0-9])?$/.test(name)
      ? undefined
      : {
          code: 'InvalidParameter',
          message: `The value of parameter resourceName is invalid: "${name}". Cluster names have 1 to 63 letters, digits, '-' and '_', with a letter or digit at both ends.`,
          target: 'resourceName',
        },
  ({ profiles }) =>
    profiles.length > 0
      ? undefined
      : {
          code: 'InvalidParameter',
          message: 'Required parameter agentPoolProfiles is missing (null).',
          target: 'agentPoolProfiles',
        },
  ({ profiles }) =>
    profiles.length === 0 || profiles.some(isSystemPool)
      ? undefined
      : { code: 'BadRequest', message: 'Must define at least one system pool.', target: 'agentPoolProfiles' },
  ({ profiles }) => {
    const names = profiles.map(({ name }) => name.toLowerCase());
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    return twice === undefined
      ? undefined
      : {
          code: 'InvalidParameter',
          message: `The value of parameter agentPoolProfiles is invalid: agent pool ${twice} occurs more than once.`,
          target: 'agentPoolProfiles',
        };
  },
  ({ body }) => {
    const { nodeResourceGroup } = body.properties;
    return /^[\w().-]{0,79}[\w()-]$/.test(nodeResourceGroup)
      ? undefined
      : {
          code: 'InvalidParameter',
          message: `The value of parameter nodeResourceGroup is invalid: "${nodeResourceGroup.slice(0, 100)}". Names of node resource groups have 1 to 80 letters, digits, '-', '_', '.' and parentheses, and no '.' at the end.`,
          target: 'properties.nodeResourceGroup',
        };
  },
  ({ body, surroundings }) => surroundings && clusterNetworkProblem({ profile: body.properties.networkProfile, surroundings }),
];

const changedClusterRules: readonly Rule<ManagedClusterFacts>[] = [
  ...(['podCidr', 'serviceCidr', 'dnsServiceIP', 'networkPlugin', 'networkPluginMode'] as const).map(
    (member): Rule<ManagedClusterFacts> =>
      ({ before, body }) =>
        before?.properties.networkProfile[member] === body.properties.networkProfile[member]
          ? undefined
          : changeNotAllowed(`properties.networkProfile.${member}`),
  ),
  ...(['dnsPrefix', 'nodeResourceGroup'] as const).map(
    (member): Rule<ManagedClusterFacts> =>
      ({ before, body }) =>
        before?.properties[member] === body.properties[member] ? undefined : changeNotAllowed(`properties.${member}`),
  ),
  ({ profiles, pools }) => {
    const added = profiles.find((profile) => !pools.some((pool) => pool.name === profile.name));
    if (added === undefined) return undefined;
    return {
      code: 'BadRequest',
      message: `A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed through managed cluster operations. Add ${added.name} by its own request: az aks nodepool add.`,
      target: 'agentPoolProfiles',
    };
  },
  ({ before, body, pools }) => {
    const gateways = pools.filter((pool) => pool.body.properties.mode === 'Gateway').map(({ name }) => name);
    if (before === undefined || !isEnabled(before) || isEnabled(body) || gateways.length === 0) return undefined;
    return {
      code: 'StaticEgressGatewayNodepoolsExist',
      message: `Static egress gateway cannot be disabled while the cluster has gateway agentpools: ${gateways.join(', ')}. Delete them first: az aks nodepool delete.`,
      target: 'properties.networkProfile.staticEgressGatewayProfile.enabled',
    };
  },
  ({ body, pools }) => {
    const pool = pools.find(({ body: { properties } }) => properties.podSubnetID !== undefined);
    return isEnabled(body) && pool !== undefined ? podSubnetProblem(pool.name) : undefined;
  },
];

export function isEnabled({ properties }: ManagedClusterBody): boolean {
  return properties.networkProfile.staticEgressGatewayProfile.enabled;
}

function isSystemPool({ mode }: Readonly<Record<string, unknown>>): boolean {
  return typeof mode === 'string' && mode.toLowerCase() === 'system';
}

function choiceProblem({ member, allowed, why }: NetworkChoice, values: readonly string[]): Problem | undefined {
  const wrong = values.find((value) => !allowed.some((word) => word.toLowerCase() === value.toLowerCase()));
  if (wrong === undefined) return undefined;
  const target = `properties.networkProfile.${member}`;
  return unavailable(
    target,
    `The value of parameter networkProfile.${member} is invalid: ${wrong}; allowed: ${allowed.join(', ')} (${why}).`,
  );
}

function unavailable(target: string, message: string): Problem {
  return { code: 'NotSupportedInThisRegion', message, target };
}
