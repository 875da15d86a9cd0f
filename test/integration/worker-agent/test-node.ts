import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { podAnnotation } from '../../../src/api/names.ts';
import { keyFileOf } from '../../../src/base/key-file.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { CniError } from '../../../src/cni/error-object.ts';
import { annotationsCapability } from '../../../src/cni/plugin.ts';
import { describeStep } from '../../../src/dataplane/describe-step.ts';
import { hostNamespace, namespaceOf } from '../../../src/dataplane/host-state.ts';
import type { KernelChange } from '../../../src/dataplane/kernel-change.ts';
import { MemoryHost } from '../../../src/dataplane/memory/memory-host.ts';
import type { Step } from '../../../src/dataplane/step.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { raiseThreadPriority } from '../../../src/linux/thread-priority.ts';
import { startThreadedProber } from '../../../src/tunnel-probe/threaded-prober.ts';
import { startWorkerAgent, type WorkerAgent } from '../../../src/worker-agent/agent.ts';
import type { WorkerAgentConfig } from '../../../src/worker-agent/config.ts';
import { workerKeys, workerName } from './example-cluster.ts';

const log = createLogger('test', { level: 'silent' });
const proberParts = {
  thread: new URL('../../../src/cmd/prober-thread.ts', import.meta.url),
  raisePriority: (thread: number) => raiseThreadPriority(thread, '/none'),
  openTunnelSocket: () => undefined,
};

export type CniAnswer =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: CniError };

/** A pod's sandbox, as the plugins before ours have made it. */
export interface Sandbox {
  readonly containerId: string;
  readonly uid: string;
  readonly name: string;
  readonly address: string;
  readonly veth: string;
  readonly sgc: string;
}

/** A kernel of plain data has no connections: what is done to them is written down. */
class RecordingHost extends MemoryHost {
  readonly flowSteps: string[] = [];

  override async apply(step: Step): Promise<void> {
    await super.apply(step);
    if (step.kind === 'forget-flows' || step.kind === 'kick' || step.kind === 'settle-flows')
      this.flowSteps.push(describeStep(step));
  }
}

/** A worker node without a kernel: a folder for its files, a table of its links, and an agent that can be ended and started. */
export class TestNode {
  readonly directory: string;
  readonly host = new RecordingHost();
  /** Addresses of pods that have connections by a gateway. */
  readonly usingGateways = new Set<string>();
  readonly #client: KubeClient;
  /** Pods' links by the address behind them. */
  readonly #links = new Map<string, string>();
  #report: ((changes: readonly KernelChange[]) => void) | undefined;
  #agent: WorkerAgent | undefined;

  private constructor(directory: string, client: KubeClient) {
    this.directory = directory;
    this.#client = client;
  }

  static async create(client: KubeClient): Promise<TestNode> {
    const directory = await mkdtemp(join(tmpdir(), 'segw-worker-'));
    await mkdir(join(directory, 'net.d'));
    await writeFile(
      join(directory, 'net.d', '10-pods.conflist'),
      '{"cniVersion":"1.0.0","name":"pods","plugins":[{"type":"ptp"}]}',
    );
    await writeFile(join(directory, 'plugin'), 'the plugin');
    await writeFile(join(directory, 'worker.key'), `${workerKeys.privateKey.reveal()}\n`);
    return new TestNode(directory, client);
  }

  get agent(): WorkerAgent {
    if (!this.#agent) throw new Error('no agent runs');
    return this.#agent;
  }

  /** `client`: another one than the node's own. */
  async start({ client = this.#client, addLimitMs = 10_000 }: { client?: KubeClient; addLimitMs?: number } = {}): Promise<void> {
    const config: WorkerAgentConfig = {
      nodeName: workerName,
      nodeAddress: '10.224.0.11',
      podName: 'agent-pod',
      apiServer: { host: '', port: 0 },
      stateDirectory: this.directory,
      tunnelDirectory: this.directory,
      cniSocket: join(this.directory, 'cni.sock'),
      plugin: join(this.directory, 'plugin'),
      cniBinDirectory: join(this.directory, 'bin'),
      cniConfigurationDirectory: join(this.directory, 'net.d'),
      healthPort: 0,
      cpuGroup: '/none',
      addLimitMs,
      networks: {},
      spread: 'perPod',
      logLevel: 'silent',
    };
    this.#agent = await startWorkerAgent({
      config,
      client,
      host: this.host,
      links: {
        linkTo: (address) => this.#links.get(address),
        exists: (link) => [...this.#links.values()].includes(link),
      },
      flows: { usingGateways: (addresses) => new Set(addresses.filter((address) => this.usingGateways.has(address))) },
      watchKernel: (onChanges) => {
        this.#report = onChanges;
        return { stop: () => undefined };
      },
      startProber: (observer) => startThreadedProber({ ...workerKeys, ...proberParts, observer, log }),
      publicKey: workerKeys.publicKey,
      keyFile: keyFileOf(join(this.directory, 'worker.key'), workerKeys),
      uplinkMtu: 1500,
      log,
    });
  }

  async stop(): Promise<void> {
    await this.#agent?.stop();
    this.#agent = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true });
  }

  /** The pod's veth pair comes into being. */
  plug({ address, veth }: Pick<Sandbox, 'address' | 'veth'>): void {
    this.#links.set(address, veth);
  }

  /** The pod's veth pair goes, as with its namespace, and the kernel says so. */
  unplug({ address, veth }: Pick<Sandbox, 'address' | 'veth'>): void {
    this.#links.delete(address);
    this.#report?.([{ kind: 'link', subject: veth, isRemoval: true }]);
  }

  reportChange(change: KernelChange): void {
    this.#report?.([change]);
  }

  /** Calls the agent as the plugin does. */
  async call(command: 'ADD' | 'CHECK' | 'DEL', sandbox: Sandbox, { withResult = true } = {}): Promise<CniAnswer> {
    if (command === 'ADD') this.plug(sandbox);
    const line = `${JSON.stringify(requestOf(command, sandbox, withResult))}\n`;
    return await this.send(line);
  }

  /** Sends any line to the agent's socket. */
  async send(line: string): Promise<CniAnswer> {
    const socket = connect(join(this.directory, 'cni.sock'));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(line);
    await once(socket, 'close');
    const answer: CniAnswer = JSON.parse(Buffer.concat(chunks).toString());
    return answer;
  }

  /** What has been done to connections, and forgets it. */
  takeFlowSteps(): string[] {
    return this.host.flowSteps.splice(0);
  }

  /** The elements of a set or map in the node's kernel. */
  elements(set: string): string[] {
    const { tables } = namespaceOf(this.host.state, hostNamespace);
    const { elements = [] } = tables.find(({ name }) => name === 'segw')?.sets.find(({ name }) => name === set) ?? {};
    return elements.map(({ key, value }) => (value === undefined ? key : `${key} : ${value}`));
  }
}

/** The result of the plugins before ours. */
export function resultOf({ veth, address }: Pick<Sandbox, 'veth' | 'address'>): object {
  return {
    cniVersion: '1.0.0',
    interfaces: [
      { name: veth, mac: '02:00:00:00:00:01' },
      { name: 'eth0', mac: '02:00:00:00:00:02', sandbox: '/var/run/netns/cni-1' },
    ],
    ips: [{ interface: 1, address: `${address}/24`, gateway: '10.244.1.1' }],
    routes: [{ dst: '0.0.0.0/0' }],
    dns: {},
  };
}

function requestOf(command: string, sandbox: Sandbox, withResult: boolean): object {
  const { containerId, uid, name, sgc } = sandbox;
  return {
    command,
    containerId,
    netns: withResult ? '/var/run/netns/cni-1' : '',
    ifname: 'eth0',
    args: { K8S_POD_UID: uid, K8S_POD_NAMESPACE: 'team', K8S_POD_NAME: name, IgnoreUnknown: '1' },
    config: {
      cniVersion: '1.0.0',
      name: 'pods',
      type: 'static-egress-gateway',
      runtimeConfig: { [annotationsCapability]: { [podAnnotation]: sgc, 'kubernetes.io/config.source': 'api' } },
      ...(withResult && { prevResult: resultOf(sandbox) }),
    },
  };
}
