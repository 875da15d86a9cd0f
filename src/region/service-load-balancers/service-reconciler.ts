import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../base/error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { ensureFinalizer, hasFinalizer, removeFinalizer } from '../../kube/finalizers.ts';
import { keyOf } from '../../kube/object.ts';
import { type ReconcileContext, type Reconciler, TerminalError } from '../../kube/reconciler.ts';
import type { ClusterCloud } from './cluster-cloud.ts';
import { type Service, serviceKind } from './service.ts';
import { frontendName, readServiceRequest, wantsLoadBalancer } from './service-request.ts';

interface ReconcilerOptions {
  readonly client: KubeClient;
  readonly cloud: ClusterCloud;
  readonly events: EventRecorder;
}

/** Kubernetes' own: the Service stays until its load balancer is gone. */
const finalizer = 'service.kubernetes.io/load-balancer-cleanup';

/** Gives each Service of type LoadBalancer its public address, and takes it back. */
export function createServiceReconciler(options: ReconcilerOptions): Reconciler {
  return {
    async reconcile(key, context) {
      const service = await options.client.find(serviceKind, key, { signal: context.signal });
      if (service === undefined) return {};
      if (wantsLoadBalancer(service)) await ensure(options, service, context);
      else if (hasFinalizer(service, finalizer)) await remove(options, service, context);
      return {};
    },
  };
}

async function ensure(
  { client, cloud, events }: ReconcilerOptions,
  service: Service,
  { signal }: ReconcileContext,
): Promise<void> {
  const request = readServiceRequest(service);
  if (typeof request === 'string') {
    const note = `Error syncing load balancer: ${request}`;
    events.record(serviceKind, service, {
      type: 'Warning',
      reason: 'SyncLoadBalancerFailed',
      action: 'EnsureLoadBalancer',
      note,
    });
    throw new TerminalError(note);
  }
  const guarded = await ensureFinalizer(client, serviceKind, { object: service, finalizer, signal });
  try {
    const address = await cloud.ensure(request);
    if (!(await writeIngress(client, guarded, [{ ip: address, ipMode: 'VIP' }], signal))) return;
    const note = `Ensured load balancer at ${address}`;
    events.record(serviceKind, service, { type: 'Normal', reason: 'EnsuredLoadBalancer', action: 'EnsureLoadBalancer', note });
  } catch (error) {
    const note = `Error syncing load balancer: ${messageOf(error)}`;
    events.record(serviceKind, service, {
      type: 'Warning',
      reason: 'SyncLoadBalancerFailed',
      action: 'EnsureLoadBalancer',
      note,
    });
    throw error;
  }
}

/** The address first, the finalizer last: what is interrupted is done again. */
async function remove(
  { client, cloud, events }: ReconcilerOptions,
  service: Service,
  { signal }: ReconcileContext,
): Promise<void> {
  await cloud.remove(frontendName(service));
  if (service.metadata.deletionTimestamp === undefined) await writeIngress(client, service, [], signal);
  events.record(serviceKind, service, {
    type: 'Normal',
    reason: 'DeletedLoadBalancer',
    action: 'DeleteLoadBalancer',
    note: 'Deleted load balancer',
  });
  const object = await client.find(serviceKind, keyOf(service), { signal });
  if (object !== undefined && object.metadata.uid === service.metadata.uid)
    await removeFinalizer(client, serviceKind, { object, finalizer, signal });
}

/** Whether it was another one. */
async function writeIngress(
  client: KubeClient,
  service: Service,
  ingress: readonly object[],
  signal: AbortSignal,
): Promise<boolean> {
  if (isDeepStrictEqual(service.status?.loadBalancer?.ingress ?? [], ingress)) return false;
  const status = { loadBalancer: { ingress } };
  await client.patch(serviceKind, keyOf(service), { status }, { subresource: 'status', signal });
  return true;
}
