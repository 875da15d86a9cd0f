import { messageOf } from '../base/error.ts';
import { pollUntil } from '../base/poll.ts';
import type { ApiClient } from './api-client.ts';
import { callApi } from './api-errors.ts';
import type { ClusterSpec } from './cluster-platform.ts';

const timeoutMs = 120_000;

/** Waits until `/readyz` says ok. Throws `Timeout` that lists the checks that failed last. */
export async function awaitApiServer(api: ApiClient, cluster: ClusterSpec, signal: AbortSignal): Promise<void> {
  await pollUntil(
    `API server of cluster ${cluster.name}`,
    async (note) => {
      const reason = await api.unreadyReason(signal).catch(messageOf);
      if (reason === undefined) return true;
      note(reason);
      return undefined;
    },
    { timeoutMs, signal },
  );
}

/** Waits for the controller manager's first work that everybody needs: without the account `default` no pod is admitted. */
export async function awaitControllers(api: ApiClient, cluster: ClusterSpec, signal: AbortSignal): Promise<void> {
  const account = { namespace: 'default', name: 'default' };
  await pollUntil(
    `controllers of cluster ${cluster.name}`,
    async (note) => {
      try {
        return await callApi('read service account default', () => api.core.readNamespacedServiceAccount(account));
      } catch (error) {
        note(messageOf(error));
        return undefined;
      }
    },
    { timeoutMs, signal },
  );
}
