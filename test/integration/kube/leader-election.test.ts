import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { connectByKubeConfig } from '../../../src/kube/kube-config.ts';
import { startLeaderElection, type LeaderElection } from '../../../src/kube/leader-election.ts';
import { createLeaseStore, leaseKind, startHeartbeat } from '../../../src/kube/lease.ts';
import { startApiServer, type ApiServer } from '../../support/api-server.ts';

const log = createLogger('test', { level: 'silent' });
const key = { namespace: 'default', name: 'operator' };
let server: ApiServer;

before(async () => {
  server = await startApiServer();
});

after(async () => {
  await server.stop();
});

function candidate(identity: string, client: KubeClient, history: string[] = []): LeaderElection {
  return startLeaderElection({
    store: createLeaseStore(client, key),
    key,
    identity,
    log,
    timing: { leaseDurationMs: 3000, renewDeadlineMs: 1500, retryPeriodMs: 400 },
    lead: async (signal) => {
      history.push(`${identity} starts`);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      history.push(`${identity} ends`);
    },
  });
}

async function awaitLeader(election: LeaderElection): Promise<void> {
  await pollUntil('it leads', () => election.isLeading() || undefined, { timeoutMs: 20_000, intervalMs: 20 });
}

test('a leader that loses the API server is replaced by one that has it, never two at a time', async () => {
  const history: string[] = [];
  const connection = connectByKubeConfig({ source: { text: server.kubeConfig }, userAgent: 'test' });
  const cut = cuttable(connection);
  const a = candidate('a', new KubeClient(cut), history);
  await awaitLeader(a);
  const b = candidate('b', server.connect(), history);
  cut.isCut = true;
  await awaitLeader(b);
  assert.deepEqual(history, ['a starts', 'a ends', 'b starts']);
  assert.equal((await server.client.get(leaseKind, key)).spec?.holderIdentity, 'b');
  await Promise.all([a.stop(), b.stop()]);
  await connection.close();
});

test('a stopped leader hands over; many candidates have one leader', async () => {
  const elections = ['c', 'd', 'e'].map((identity) => candidate(identity, server.connect()));
  const leaders = (): LeaderElection[] => elections.filter((election) => election.isLeading());
  for (let left = elections.length; left > 0; left--) {
    await pollUntil('one leads', () => leaders().length > 0 || undefined, { timeoutMs: 20_000, intervalMs: 20 });
    const [leader] = leaders();
    assert.equal(leaders().length, 1);
    await leader?.stop();
  }
  assert.equal((await server.client.get(leaseKind, key)).spec?.holderIdentity, '');
});

test('a heartbeat makes its lease and renews it', async () => {
  const mine = { namespace: 'default', name: 'node-0' };
  const heartbeat = startHeartbeat({ client: server.client, key: mine, holderIdentity: 'node-0', durationSeconds: 1, log });
  const renewTime = async (): Promise<string | undefined> => (await server.client.find(leaseKind, mine))?.spec?.renewTime;
  const first = await pollUntil('the lease exists', renewTime, { timeoutMs: 10_000 });
  await pollUntil('it is renewed', async () => ((await renewTime()) === first ? undefined : true), { timeoutMs: 10_000 });
  await heartbeat.stop();
});

/** Passes calls on until it is cut: then they hang until they are aborted, as with a partition. */
function cuttable(connection: Connection): Pick<Connection, 'send'> & { isCut: boolean } {
  return {
    isCut: false,
    async send(request) {
      if (!this.isCut) return await connection.send(request);
      return await new Promise((_resolve, reject) => {
        request.signal?.addEventListener('abort', () => reject(request.signal?.reason), { once: true });
      });
    },
  };
}
