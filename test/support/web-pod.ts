import { toolsPod, type ToolsPod } from '../../src/cli/demo/tools-pod.ts';
import { applyManifest, kubectl } from './installation.ts';

/** Where the server of a web pod listens. */
export const webPort = 8080;

type WebPod = Omit<ToolsPod, 'command'> & { readonly hostPort?: number };

/** Answers every request with the caller's address, and writes it down. */
const server = `require('http').createServer((request, response) => {
  const caller = request.socket.remoteAddress.replace('::ffff:', '');
  if (request.url === '/') console.log(caller);
  response.end(caller);
}).listen(${String(webPort)});`;

const everySecond = { periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 };
const port = webPort;

/**
 * A pod with the tools and a web server, and a probe of each kind that fails at once: HTTP, TCP and exec, for readiness and liveness. It is
 * Ready when this returns.
 */
export async function startWebPod({ hostPort, ...pod }: WebPod): Promise<void> {
  const { spec, ...rest } = toolsPod(pod);
  const exec = { exec: { command: ['true'] } };
  const tools = spec.containers.map((container) => ({
    ...container,
    readinessProbe: { ...everySecond, ...exec },
    livenessProbe: { ...everySecond, ...exec },
  }));
  const web = {
    name: 'web',
    image: 'segw.local/static-egress-gateway:0.1.0',
    imagePullPolicy: 'Never',
    command: ['/usr/local/bin/node', '-e', server],
    ports: [{ containerPort: port, ...(hostPort === undefined ? {} : { hostPort }) }],
    startupProbe: { tcpSocket: { port }, periodSeconds: 1, failureThreshold: 30 },
    readinessProbe: { ...everySecond, httpGet: { path: '/healthz', port } },
    livenessProbe: { ...everySecond, tcpSocket: { port } },
  };
  await applyManifest(JSON.stringify({ ...rest, spec: { ...spec, containers: [...tools, web] } }));
  await kubectl('wait', '--namespace', pod.namespace ?? 'default', '--for=condition=Ready', `pod/${pod.name}`, '--timeout=60s');
}
