import { generateKeyPairSync } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toCustomResourceDefinition, type CustomResourceDefinition } from '../../src/api/crd/custom-resource-definition.ts';
import type { Kind } from '../../src/api/kind.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { KubeClient } from '../../src/kube/client.ts';
import type { Connection } from '../../src/kube/connection.ts';
import { connectByKubeConfig } from '../../src/kube/kube-config.ts';
import type { ResourceKind } from '../../src/kube/resource.ts';
import { findBinary, findMachineProgram } from './binaries.ts';

/** A real API server over a real etcd, on loopback, with nothing else in the cluster: no controller, no garbage collector. */
export interface ApiServer {
  readonly url: string;
  /** The user `admin` of the group system:masters. */
  readonly kubeConfig: string;
  /** The same user. */
  readonly client: KubeClient;
  /** A client with connections of its own; they end with the server. `nobody` has no rights, `stranger` a token that is none. */
  connect(user?: User): KubeClient;
  /** Ends kube-apiserver without notice. etcd goes on. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Does what nobody sees who watches an API server that is down: forgets every older revision. */
  compact(): Promise<void>;
  /** Deletes an object in etcd. `path`: below /registry. */
  deleteBehind(path: string): Promise<void>;
  stop(): Promise<void>;
}

interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly api: number;
}

type User = 'admin' | 'nobody' | 'stranger';

/** Starts both programs in a temporary directory and waits until the API server is ready (about 2 s; the first run builds it). */
export async function startApiServer(): Promise<ApiServer> {
  const programs = { etcd: await findMachineProgram('etcd'), kubeApiserver: await findBinary('kube-apiserver') };
  const directory = await mkdtemp(join(tmpdir(), 'segw-api-server-'));
  const [etcd, etcdPeer, api] = await freePorts(3);
  const ports: Ports = { etcd: etcd ?? 0, etcdPeer: etcdPeer ?? 0, api: api ?? 0 };
  const url = `https://127.0.0.1:${String(ports.api)}`;
  await writeKeys(directory);
  const etcdProcess = startProgram(directory, 'etcd', programs.etcd, etcdArguments(directory, ports));
  const startApi = (): ChildProcess =>
    startProgram(directory, 'apiserver', programs.kubeApiserver, apiServerArguments(directory, ports));
  let apiProcess = startApi();
  const connections: Connection[] = [];
  const certificate = await pollUntil('the API server writes its certificate', () => readCertificate(directory), {
    timeoutMs: 30_000,
  });
  const connect = (user: User = 'admin'): KubeClient => {
    const connection = connectByKubeConfig({ source: { text: kubeConfigOf(url, certificate, user) }, userAgent: 'test' });
    connections.push(connection);
    return new KubeClient(connection);
  };
  const client = connect();
  const ready = async (): Promise<void> => {
    await pollUntil('the API server is ready', () => isReady(client), { timeoutMs: 60_000 });
  };
  const stop = async (): Promise<void> => {
    await Promise.all(connections.map((connection) => connection.close()));
    // Once etcd is gone, kube-apiserver does not end on SIGTERM.
    await Promise.all([endProgram(apiProcess), endProgram(etcdProcess)]);
    await rm(directory, { recursive: true });
  };
  try {
    await ready();
  } catch (error) {
    const log = await readFile(join(directory, 'apiserver.log'), 'utf8');
    await stop();
    throw new Error(`kube-apiserver did not become ready:\n${log.split('\n').slice(-20).join('\n')}`, { cause: error });
  }
  return {
    url,
    kubeConfig: kubeConfigOf(url, certificate, 'admin'),
    client,
    connect,
    kill: () => endProgram(apiProcess),
    start: async () => {
      apiProcess = startApi();
      await ready();
    },
    compact: () => compactEtcd(ports),
    deleteBehind: async (path) => {
      await etcdCall(ports, 'deleterange', { key: base64(`/registry/${path}`) });
    },
    stop,
  };
}

/** Makes the API server serve our kinds and waits until it does. */
export async function installKinds(client: KubeClient, kinds: readonly Kind<unknown>[]): Promise<void> {
  for (const kind of kinds) await client.apply(crdKind, toCustomResourceDefinition(kind), { fieldManager: 'test' });
  for (const kind of kinds) {
    await pollUntil(
      `${kind.plural} are served`,
      async () => {
        const crd = await client.get(crdKind, { name: `${kind.plural}.${kind.group}` });
        return crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ? true : undefined;
      },
      { timeoutMs: 10_000 },
    );
  }
}

interface ServedDefinition extends CustomResourceDefinition {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

export const crdKind: ResourceKind<ServedDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

async function writeKeys(directory: string): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await mkdir(join(directory, 'certificates'));
  await writeFile(join(directory, 'service-account.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(join(directory, 'service-account.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(directory, 'tokens.csv'), 'admin-token,admin,admin,"system:masters"\nnobody-token,nobody,nobody\n', {
    mode: 0o600,
  });
}

function etcdArguments(directory: string, { etcd, etcdPeer }: Ports): string[] {
  const client = `http://127.0.0.1:${String(etcd)}`;
  const peer = `http://127.0.0.1:${String(etcdPeer)}`;
  return [
    `--data-dir=${directory}/etcd`,
    '--unsafe-no-fsync',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}

function apiServerArguments(directory: string, { etcd, api }: Ports): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${String(etcd)}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${String(api)}`,
    `--cert-dir=${directory}/certificates`,
    `--token-auth-file=${directory}/tokens.csv`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${directory}/service-account.pub`,
    `--service-account-signing-key-file=${directory}/service-account.key`,
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
  ];
}

/** The server signs its own certificate, so that is the authority as well. */
async function readCertificate(directory: string): Promise<Buffer | undefined> {
  return await readFile(join(directory, 'certificates', 'apiserver.crt')).catch(() => undefined);
}

function kubeConfigOf(server: string, certificate: Buffer, user: User): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': certificate.toString('base64') } }],
    users: [{ name: user, user: { token: `${user}-token` } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  });
}

interface Namespace {
  readonly metadata: { readonly name: string };
}

export const namespaceKind: ResourceKind<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

/** The namespace `default` is made last. */
async function isReady(client: KubeClient): Promise<true | undefined> {
  try {
    return (await client.find(namespaceKind, { name: 'default' })) && true;
  } catch {
    return undefined;
  }
}

async function compactEtcd(ports: Ports): Promise<void> {
  const { header } = await etcdCall(ports, 'put', { key: base64('compaction'), value: base64('now') });
  await etcdCall(ports, 'compaction', { revision: header.revision, physical: true });
}

/** etcd's JSON gateway: saves etcdctl. */
async function etcdCall(
  { etcd }: Ports,
  call: string,
  body: object,
): Promise<{ readonly header: { readonly revision: string } }> {
  const response = await fetch(`http://127.0.0.1:${String(etcd)}/v3/kv/${call}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd ${call}: ${await response.text()}`);
  const parsed: { header: { revision: string } } = JSON.parse(await response.text());
  return parsed;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function startProgram(directory: string, name: string, path: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(directory, `${name}.log`), 'a');
  // Ends with this process, also when that is killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', path, ...args], { cwd: directory, stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
}

async function endProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listenAnywhere()));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function listenAnywhere(): Promise<ReturnType<typeof createServer>> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
