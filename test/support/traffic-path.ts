import { z } from 'zod';
import { systemNamespace } from '../../src/api/names.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { kubectl, kubectlJson } from './installation.ts';
import { runOnMachine } from './machine-shell.ts';

/** The machines that a packet of an annotated pod passes. */
export interface TrafficPath {
  readonly worker: string;
  readonly gateway: string;
  /** The gateway's number: of its device and its route table on the worker. */
  readonly number: number;
}

const endpoint = z.object({ spec: z.object({ nodeName: z.string(), gateway: z.string().optional() }) });
const gatewayStatus = z.object({ spec: z.object({ number: z.number() }) });

/** The way that new connections of the pod take; waits until there is one. */
export async function findTrafficPath(pod: { readonly namespace: string; readonly name: string }): Promise<TrafficPath> {
  const { worker, gateway } = await pollUntil(
    `a gateway of ${pod.name}`,
    async () => {
      const { spec } = endpoint.parse(await kubectlJson('get', 'podendpoint', '--namespace', pod.namespace, pod.name));
      return spec.gateway === undefined ? undefined : { worker: spec.nodeName, gateway: spec.gateway };
    },
    { timeoutMs: 60_000, intervalMs: 300 },
  );
  const { spec } = gatewayStatus.parse(await kubectlJson('get', 'gatewaystatus', '--namespace', systemNamespace, gateway));
  return { worker, gateway, number: spec.number };
}

const ours = ['segw', 'segw_lock'];
const elementsOf = /elements = \{(?<elements>[^}]*)\}/g;

/** What of the kernel's state on a node decides the way of a packet, as text: equal for equal states. */
export async function readKernelState(machine: string): Promise<string> {
  const tables = (where: string) => ours.map((table) => `${where} nft --stateless list table inet ${table} 2>&1 || true`);
  const text = await runOnMachine(
    machine,
    [
      ...tables(''),
      `ip rule`,
      `ip route show table all | grep --extended-regexp 'sgw|gwv|unreachable default' || true`,
      `if [ -e /run/netns/segw ]; then ${tables('ip netns exec segw').join('\n')}`,
      `ip -netns segw route; ip -netns segw -brief address; fi`,
    ].join('\n'),
  );
  return text
    .replaceAll(elementsOf, (_, elements: string) => `elements = { ${sortedList(elements)} }`)
    .split('\n')
    .map((line) => line.trimEnd().replace(/@if\d+/, ''))
    .join('\n');
}

/** The kernel lists a set's elements in any order. */
function sortedList(elements: string): string {
  return elements
    .split(',')
    .map((element) => element.trim())
    .sort()
    .join(', ');
}

/** Waits until every process of ours is Ready, every gateway says so, and no node is lost. */
export async function awaitDataplane(): Promise<void> {
  const ours = ['--namespace', systemNamespace, '--timeout=90s'];
  await Promise.all([
    kubectl('wait', 'node', '--all', '--for=condition=Ready', '--timeout=90s'),
    kubectl('wait', 'pod', '--all', ...ours, '--for=condition=Ready'),
    kubectl('wait', 'gatewaystatus', '--all', ...ours, '--for=jsonpath={.status.state}=Ready'),
  ]);
}
