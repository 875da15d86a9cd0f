import { messageOf } from '../base/error.ts';
import { pollUntil } from '../base/poll.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Connection } from '../kube/connection.ts';
import { serviceAccountKind } from './cluster-objects.ts';
import type { ClusterSpec } from './cluster-platform.ts';

const timeoutMs = 120_000;
const silenceTimeoutMs = 5000;

/** Waits until `/readyz` says ok. Throws `Timeout` that lists the checks that failed last. */
export async function awaitApiServer(connection: Connection, cluster: ClusterSpec, signal: AbortSignal): Promise<void> {
  await pollUntil(
    `API server of cluster ${cluster.name}`,
    async (note) => {
      const reason = await unreadyReason(connection, signal).catch(messageOf);
      if (reason === undefined) return true;
      note(reason);
      return undefined;
    },
    { timeoutMs, signal },
  );
}

async function unreadyReason(connection: Connection, signal: AbortSignal): Promise<string | undefined> {
  const request = { method: 'GET', path: '/readyz', query: { verbose: true }, silenceTimeoutMs, signal } as const;
  const { status, body } = await connection.send(request);
  const text = await body.text();
  return status === 200 ? undefined : failedChecks({ status, text });
}

/** The lines of a verbose `/readyz` that begin with `[-]`; without any, the answer's status. */
export function failedChecks({ status, text }: { readonly status: number; readonly text: string }): string {
  const failed = text.split('\n').filter((line) => line.startsWith('[-]'));
  return failed.length === 0 ? `HTTP ${String(status)}` : failed.join(', ');
}

/** Waits for the controller manager's first work that everybody needs: without the account `default` no pod is admitted. */
export async function awaitControllers(client: KubeClient, cluster: ClusterSpec, signal: AbortSignal): Promise<void> {
  await pollUntil(
    `controllers of cluster ${cluster.name}`,
    async (note) => {
      try {
        return await client.get(serviceAccountKind, { namespace: 'default', name: 'default' }, { signal });
      } catch (error) {
        note(messageOf(error));
        return undefined;
      }
    },
    { timeoutMs, signal },
  );
}
