import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemNamespace } from '../../src/api/names.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { kubectl, segw, settings } from './installation.ts';
import { runOnMachine } from './machine-shell.ts';
import type { TrafficPath } from './traffic-path.ts';

/** What happens to the way of a pod's packets, once. */
export interface PathFault {
  readonly what: string;
  /** Does it, and undoes what would not come back by itself. */
  readonly strike: (path: TrafficPath) => Promise<unknown>;
  /**
   * Of established TCP: `lives` on; `ends` by a reset, all of it; or `mayEnd`, where a packet may be refused for want of a tunnel or a route
   * before they are back. It hangs after none.
   */
  readonly tcp: 'lives' | 'ends' | 'mayEnd';
}

/** SIGKILL to the oldest process of the machine with this in its command line. */
export async function killOnMachine(machine: string, commandLine: string): Promise<void> {
  // The brackets keep the shell that runs this from finding itself.
  const pattern = `[${commandLine.charAt(0)}]${commandLine.slice(1)}`;
  await runOnMachine(machine, `kill -9 $(pgrep --oldest --full '${pattern}')`);
}

/** A silent cut between two places, for as long. */
async function cut(from: string, to: string, durationMs: number): Promise<void> {
  await segw('fault', 'add', 'partition', from, to);
  await sleep(durationMs);
  await segw('fault', 'clear');
}

/** Long enough for every verdict, also for that on the last gateway. */
const cutMs = 1500;

/** Foreign tables are put back at once, as their owners would do it in their own time. */
const flushRuleset = `for table in 'ip kube-proxy' 'ip6 kube-proxy' 'ip ip-masq'; do nft list table $table; done >/run/segw-test.nft
nft flush ruleset
nft --file /run/segw-test.nft`;

export const killedProcesses: readonly PathFault[] = [
  { what: 'the worker-agent', strike: ({ worker }) => killOnMachine(worker, '/app/worker-agent.mjs'), tcp: 'lives' },
  { what: 'the gateway-agent', strike: ({ gateway }) => killOnMachine(gateway, '/app/gateway-agent.mjs'), tcp: 'lives' },
  { what: 'the operator', strike: async () => killOnMachine(await nodeOfOperator(), '/app/operator.mjs'), tcp: 'lives' },
  {
    what: "the worker's end of the tunnel",
    strike: ({ worker, number }) => killOnMachine(worker, `wireguard-go --foreground sgw${String(number)}`),
    tcp: 'mayEnd',
  },
  {
    what: "the gateway's end of the tunnel",
    strike: ({ gateway }) => killOnMachine(gateway, 'wireguard-go --foreground wg0'),
    tcp: 'mayEnd',
  },
  {
    what: 'the tunnel-host of the worker, and all tunnels with it',
    strike: ({ worker }) => killOnMachine(worker, '/app/tunnel-host.mjs'),
    tcp: 'mayEnd',
  },
  {
    what: 'the tunnel-host of the gateway, and its tunnel with it',
    strike: ({ gateway }) => killOnMachine(gateway, '/app/tunnel-host.mjs'),
    tcp: 'mayEnd',
  },
  { what: 'the API server', strike: killApiServer, tcp: 'lives' },
  { what: "the plugin's socket", strike: ({ worker }) => runOnMachine(worker, 'rm /run/segw/cni.sock'), tcp: 'lives' },
];

export const cutLinks: readonly PathFault[] = [
  { what: 'the link of the worker', strike: ({ worker }) => cut(worker, 'any', cutMs), tcp: 'mayEnd' },
  { what: 'the way between the two', strike: ({ worker, gateway }) => cut(worker, gateway, cutMs), tcp: 'ends' },
  { what: 'the link of the gateway', strike: ({ gateway }) => cut(gateway, 'any', cutMs), tcp: 'ends' },
  {
    what: "the worker's tunnel device",
    strike: ({ worker, number }) => runOnMachine(worker, `ip link delete sgw${String(number)}`),
    tcp: 'mayEnd',
  },
  {
    what: "the gateway's tunnel device",
    strike: ({ gateway }) => runOnMachine(gateway, 'ip -netns segw link delete wg0'),
    tcp: 'mayEnd',
  },
  { what: "the gateway's inner link", strike: ({ gateway }) => runOnMachine(gateway, 'ip link delete gwv'), tcp: 'mayEnd' },
];

export const flushedTables: readonly PathFault[] = [
  { what: 'all nft rules of the worker', strike: ({ worker }) => runOnMachine(worker, flushRuleset), tcp: 'lives' },
  { what: 'all nft rules of the gateway node', strike: ({ gateway }) => runOnMachine(gateway, flushRuleset), tcp: 'lives' },
  {
    what: 'all nft rules of the gateway',
    strike: ({ gateway }) => runOnMachine(gateway, 'ip netns exec segw nft flush ruleset'),
    tcp: 'lives',
  },
  {
    what: 'the routing rules of the worker',
    strike: ({ worker }) => runOnMachine(worker, 'while ip rule delete preference 7000; do :; done'),
    tcp: 'mayEnd',
  },
  {
    what: 'the route table of the worker',
    strike: ({ worker, number }) => runOnMachine(worker, `ip route flush table ${String(7000 + number)}`),
    tcp: 'mayEnd',
  },
  {
    what: 'the routes of the gateway',
    strike: ({ gateway }) => runOnMachine(gateway, 'ip -netns segw route flush table main'),
    tcp: 'lives',
  },
  {
    what: "the gateway node's routes to the gateway",
    strike: ({ gateway }) => runOnMachine(gateway, 'ip route flush dev gwv; ip neigh flush dev gwv nud permanent'),
    tcp: 'lives',
  },
];

async function killApiServer(): Promise<void> {
  await killOnMachine(await findControlPlane(), 'kube-apiserver --advertise-address');
  const isReady = async (): Promise<true | undefined> => {
    return kubectl('get', '--raw', '/readyz').then(
      () => true,
      () => undefined,
    );
  };
  await pollUntil('the API server', isReady, { timeoutMs: 60_000, intervalMs: 300 });
}

async function nodeOfOperator(): Promise<string> {
  const selector = 'app.kubernetes.io/name=segw-operator';
  return kubectl('get', 'pod', '-n', systemNamespace, '-l', selector, '-o', 'jsonpath={.items[0].spec.nodeName}');
}

/** The machine of the level's only cluster that carries its control plane. */
export async function findControlPlane(): Promise<string> {
  const machines = await readdir(join(settings.stateDir, 'machines'));
  return machines.find((name) => name.endsWith('-cp')) ?? '';
}
