import { isDeepStrictEqual } from 'node:util';
import { SegwError } from '../../../base/error.ts';
import { parseTaint } from '../../../cluster/node-labels.ts';
import type { AgentPoolProperties } from './agent-pool-body.ts';
import { type GatewayPoolFacts, gatewayPoolRules, podSubnetProblem } from './gateway-pool-rules.ts';
import { drainProblem } from './pool-drain.ts';
import { changeNotAllowed, type Problem, problemsOf, type Rule } from './refusal.ts';

/** What the rules about any pool look at. */
export interface AgentPoolFacts extends GatewayPoolFacts {
  /** Whether the cluster has another pool of mode System. */
  readonly hasOtherSystemPool: boolean;
  /** How many other pools it has. */
  readonly otherPools?: number;
}

const maxNodes = 1000;
export const maxAgentPools = 100;
const fewestPods = 10;
const mostPods = 250;
const reservedNamespaces = ['kubernetes.azure.com', 'kubernetes.io', 'kubeegressgateway.azure.com'];
const reservedTagPrefix = 'aks-managed-';

/** Spec A4 to A9, arm-facts 2. Everything that is wrong with the pool, most telling first. */
export function agentPoolProblems(facts: AgentPoolFacts): readonly Problem[] {
  const ofMode = facts.properties.mode === 'Gateway' ? gatewayPoolRules : ordinaryPoolRules;
  return [...problemsOf(immutableRules, facts), ...problemsOf(ofMode, facts), ...problemsOf(everyPoolRules, facts)];
}

const immutableRules: readonly Rule<AgentPoolFacts>[] = [
  ({ before, properties }) =>
    before !== undefined && before.mode !== properties.mode && [before.mode, properties.mode].includes('Gateway')
      ? changeNotAllowed('properties.mode', ' A pool is a gateway pool from the beginning to its end: add another pool.')
      : undefined,
  ({ before, properties }) =>
    before !== undefined && before.gatewayProfile?.publicIPPrefixSize !== properties.gatewayProfile?.publicIPPrefixSize
      ? changeNotAllowed('properties.gatewayProfile.publicIPPrefixSize')
      : undefined,
  ...(['vmSize', 'osType', 'type', 'vnetSubnetID', 'podSubnetID', 'maxPods', 'availabilityZones'] as const).map(
    (member): Rule<AgentPoolFacts> =>
      ({ before, properties }) =>
        before !== undefined && !isSameValue(before[member], properties[member])
          ? changeNotAllowed(`properties.${member}`)
          : undefined,
  ),
];

/** Pools of mode System and User. What Azure has and this region has not is refused in words that say so. */
const ordinaryPoolRules: readonly Rule<AgentPoolFacts>[] = [
  ({ properties, before }) =>
    properties.gatewayProfile !== undefined && before?.mode !== 'Gateway'
      ? invalid('gatewayProfile', `gatewayProfile belongs to pools of mode Gateway; this one has mode ${properties.mode}.`)
      : undefined,
  ({ properties: { mode, count } }) =>
    count >= fewestNodes(mode) && count <= maxNodes
      ? undefined
      : invalid(
          'count',
          `A pool of mode ${mode} has ${String(fewestNodes(mode))} to ${String(maxNodes)} nodes, not ${String(count)}.`,
        ),
  ({ properties: { enableAutoScaling } }) =>
    enableAutoScaling ? unavailable('enableAutoScaling', 'There is no cluster autoscaler in this region.') : undefined,
  ({ properties: { osType } }) =>
    osType === 'Linux' ? undefined : unavailable('osType', `Machines of this region run Linux, not ${osType}.`),
  ({ properties: { type } }) =>
    type === 'VirtualMachineScaleSets'
      ? undefined
      : unavailable('type', `Pools of this region are of type VirtualMachineScaleSets, not ${type}.`),
  ({ pool, properties, isFeatureEnabled }) =>
    isFeatureEnabled && properties.podSubnetID !== undefined ? podSubnetProblem(pool) : undefined,
];

const everyPoolRules: readonly Rule<AgentPoolFacts>[] = [
  ({ properties }) => drainProblem(properties),
  ({ before, otherPools = 0 }) =>
    before === undefined && otherPools >= maxAgentPools
      ? {
          code: 'MaxAgentPoolCountReached',
          message: `A managed cluster has at most ${String(maxAgentPools)} agent pools.`,
          target: 'agentPoolProfile',
        }
      : undefined,
  ({ pool }) =>
    /^[a-z][a-z0-9]{0,11}$/.test(pool)
      ? undefined
      : {
          code: 'InvalidParameter',
          message: `The value of parameter agentPoolProfile.name is invalid: "${pool.slice(0, 100)}". Pool names begin with a lower-case letter and have at most 12 lower-case letters and digits.`,
          target: 'agentPoolProfile.name',
        },
  ({ properties: { nodeLabels } }) => {
    const reserved = Object.keys(nodeLabels).find((label) => reservedNamespaces.includes(label.split('/')[0] ?? ''));
    return reserved === undefined
      ? undefined
      : invalid(
          'nodeLabels',
          `Label ${reserved} is reserved: labels of ${reservedNamespaces.join('/, ')}/ are set by the service.`,
        );
  },
  ({ properties: { nodeLabels } }) => {
    const wrong = Object.entries(nodeLabels).find(([key, value]) => !isLabel(key, value));
    return wrong && invalid('nodeLabels', `"${wrong.join('=')}" is not a label of Kubernetes.`);
  },
  ({ properties: { nodeTaints } }) => {
    const wrong = nodeTaints.find((taint) => !isTaint(taint));
    return wrong === undefined ? undefined : invalid('nodeTaints', `"${wrong}" is not of the form key=value:NoSchedule.`);
  },
  ({ properties: { nodeTaints } }) => {
    const reserved = nodeTaints.find((taint) => reservedNamespaces.includes(taint.split(/[/=:]/)[0] ?? ''));
    return reserved === undefined
      ? undefined
      : invalid(
          'nodeTaints',
          `Taint ${reserved} is reserved: taints of ${reservedNamespaces.join('/, ')}/ are set by the service.`,
        );
  },
  ({ properties: { maxPods } }) =>
    maxPods >= fewestPods && maxPods <= mostPods
      ? undefined
      : invalid('maxPods', `A node takes ${String(fewestPods)} to ${String(mostPods)} pods, not ${String(maxPods)}.`),
  ({ properties: { availabilityZones } }) => {
    const wrong = availabilityZones.find((zone) => !/^[123]$/.test(zone));
    return wrong === undefined
      ? undefined
      : invalid('availabilityZones', `"${wrong.slice(0, 100)}" is none of the zones 1, 2, 3.`);
  },
  ({ properties: { vmSize } }) =>
    /^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(vmSize)
      ? undefined
      : {
          code: 'VMSizeNotSupported',
          message: `The VM size of "${vmSize.slice(0, 100)}" is not allowed.`,
          target: 'properties.vmSize',
        },
  ({ properties: { tags } }) => {
    const reserved = Object.keys(tags).find((tag) => tag.toLowerCase().startsWith(reservedTagPrefix));
    return reserved === undefined
      ? undefined
      : invalid('tags', `Tag ${reserved} is reserved: tags that begin with ${reservedTagPrefix} are set by the service.`);
  },
  ({ properties: { mode }, before, hasOtherSystemPool }) =>
    before?.mode === 'System' && mode !== 'System' && !hasOtherSystemPool ? lastSystemPoolProblem('properties.mode') : undefined,
];

/** Code and message: Azure/AKS issue 1602. */
export function lastSystemPoolProblem(target: string): Problem {
  return { code: 'BadRequest', message: 'Must define at least one system pool.', target };
}

function fewestNodes(mode: AgentPoolProperties['mode']): number {
  return mode === 'System' ? 1 : 0;
}

function invalid(member: string, message: string): Problem {
  return {
    code: 'InvalidParameter',
    message: `The value of parameter agentPoolProfile.${member} is invalid. ${message}`,
    target: `properties.${member}`,
  };
}

function unavailable(member: string, message: string): Problem {
  return { code: 'NotSupportedInThisRegion', message, target: `properties.${member}` };
}

/** Ids and words in any case. */
function isSameValue(a: unknown, b: unknown): boolean {
  return typeof a === 'string' && typeof b === 'string' ? a.toLowerCase() === b.toLowerCase() : isDeepStrictEqual(a, b);
}

function isLabel(key: string, value: string): boolean {
  const name = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
  return name.test(key) && /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/.test(value);
}

function isTaint(taint: string): boolean {
  try {
    parseTaint(taint);
    return true;
  } catch (error) {
    if (error instanceof SegwError && error.code === 'InvalidInput') return false;
    throw error;
  }
}
