import { z } from 'zod';
import { messageOf } from '../../base/error.ts';
import { exists } from '../../base/files.ts';
import type { Context } from '../context.ts';
import { createKubectl } from '../kubectl.ts';
import { clientFiles } from '../region-environment.ts';
import { regionPid } from '../region-processes.ts';
import { failure, ok, warning, type Check, type Finding } from './check.ts';

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().default('') })).default([]),
      }),
    }),
  ),
});
const deployment = z.object({
  spec: z.object({ replicas: z.number() }),
  status: z.object({ availableReplicas: z.number().default(0) }),
});
const soon = '--request-timeout=5s';

/** The cluster of `segw up`, seen through its kubeconfig. */
export const nodeChecks: readonly Check[] = [
  { name: 'nodes', look: (context) => inCluster(context, checkNodes) },
  { name: 'cluster-dns', look: (context) => inCluster(context, checkDns) },
];

async function inCluster(context: Context, look: (context: Context) => Promise<Finding>): Promise<Finding> {
  const isThere = (await regionPid(context.settings)) !== undefined && (await exists(clientFiles(context.settings).kubeconfig));
  if (!isThere) return ok('not looked at: no cluster is up');
  try {
    return await look(context);
  } catch (error) {
    return failure(`the cluster does not answer: ${messageOf(error).split('\n').at(-1) ?? ''}`, 'Run `segw up`.');
  }
}

async function checkNodes(context: Context): Promise<Finding> {
  const { items } = nodeList.parse(await createKubectl(context).json(['get', 'nodes', soon]));
  const unready = items.flatMap(({ metadata, status }) => {
    const condition = status.conditions.find(({ type }) => type === 'Ready');
    return condition?.status === 'True' ? [] : [`${metadata.name} (${condition?.message ?? 'never reported'})`];
  });
  if (unready.length === 0) return ok(`${String(items.length)} nodes are Ready`);
  return failure(
    `not Ready: ${unready.join(', ')}`,
    'Powered off on purpose: `az vmss start`. Else `segw up` boots what should run; the log of a machine is STATE_DIR/machines/NAME/disk/var/log/kubelet.log.',
  );
}

async function checkDns(context: Context): Promise<Finding> {
  const coredns = ['get', 'deployment', 'coredns', '--namespace', 'kube-system', soon];
  const { spec, status } = deployment.parse(await createKubectl(context).json(coredns));
  const message = `${String(status.availableReplicas)} of ${String(spec.replicas)} replicas of CoreDNS are available`;
  if (status.availableReplicas === spec.replicas) return ok(message);
  const remedy = 'See why: kubectl describe pods --namespace kube-system --selector k8s-app=kube-dns';
  return status.availableReplicas === 0 ? failure(message, remedy) : warning(message, remedy);
}
