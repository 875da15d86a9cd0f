import { formatCidr } from '../../base/addresses.ts';
import { fabricSettings, portDevice } from './fabric-settings.ts';
import type { LinkLoss, Place, VirtualNetworkState } from './network-state.ts';

type Hook = 'forward' | 'input' | 'output';

const onPremises = formatCidr(fabricSettings.onPremisesNetwork);

/**
 * A router's table for the packets that get lost on purpose, one transaction. By device, not by address: what a machine sends for its
 * pods is lost as well. Each loss holds in both directions. The kernel decides by chance for each packet (`numgen random`).
 */
export function lossRules({ losses = [], ports }: VirtualNetworkState): string {
  const devices = new Map(ports.map(({ machine, addresses }) => [machine, portDevice(addresses[0] ?? '')]));
  const rules = losses.flatMap(({ from, to, percent }) => [
    ...directedRules({ from, to, percent }, devices),
    ...directedRules({ from: to, to: from, percent }, devices),
  ]);
  const chain = (hook: Hook): string => {
    const own = new Set(rules.filter((rule) => rule.hook === hook).map(({ text }) => text));
    return own.size === 0
      ? ''
      : `  chain ${hook} {\n    type filter hook ${hook} priority filter - 5; policy accept\n${[...own].map((text) => `    ${text}\n`).join('')}  }\n`;
  };
  const empty = 'add table ip losses\ndelete table ip losses\n';
  if (rules.length === 0) return empty;
  return `${empty}table ip losses {
${chain('forward')}${chain('input')}${chain('output')}}
`;
}

interface Rule {
  readonly hook: Hook;
  readonly text: string;
}

function directedRules({ from, to, percent }: LinkLoss, devices: ReadonlyMap<string, string>): readonly Rule[] {
  const verdict = percent >= 100 ? 'counter drop' : `numgen random mod 10000 < ${String(Math.round(percent * 100))} counter drop`;
  const parts = [matchOf(from, ['iifname', 'saddr'], devices), matchOf(to, ['oifname', 'daddr'], devices), verdict];
  const text = parts.filter((part) => part !== '').join(' ');
  return hooksOf(from, to).map((hook) => ({ hook, text }));
}

/** Nothing for `any`; nothing for `azure` either, for which the hook stands. */
function matchOf(place: Place, [device, address]: readonly [string, string], devices: ReadonlyMap<string, string>): string {
  if (typeof place === 'object') return `${device} "${devices.get(place.machine) ?? ''}"`;
  if (place === 'internet') return `${device} "uplink" ip ${address} != ${onPremises}`;
  return place === 'onprem' ? `${device} "uplink" ip ${address} ${onPremises}` : '';
}

/** Azure's own services are the router itself. */
function hooksOf(from: Place, to: Place): readonly Hook[] {
  if (from === 'azure') return to === 'azure' ? [] : ['output'];
  if (to === 'azure') return ['input'];
  return ['forward', ...(to === 'any' ? (['input'] as const) : []), ...(from === 'any' ? (['output'] as const) : [])];
}
