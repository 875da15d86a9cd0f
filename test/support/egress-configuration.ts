import { type Cidr, parseCidr } from '../../src/base/addresses.ts';
import { applyManifest, kubectl } from './installation.ts';

/** A namespace with a configuration `fixed` of the pool that an earlier file has left; Ready when this returns. Returns its prefix. */
export async function startConfiguration(namespace: string): Promise<Cidr> {
  await applyManifest(`apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: egressgateway.kubernetes.azure.com/v1alpha1
kind: StaticGatewayConfiguration
metadata: { name: fixed, namespace: ${namespace} }
spec: { gatewayNodepoolName: gwpool }
`);
  await kubectl('wait', '--namespace', namespace, 'sgc/fixed', '--for=condition=Ready', '--timeout=60s');
  return readPrefix(namespace);
}

/** The prefix that the configuration `fixed` has now. */
export async function readPrefix(namespace: string): Promise<Cidr> {
  const output = 'jsonpath={.status.egressIpPrefix}';
  return parseCidr(await kubectl('get', '--namespace', namespace, 'sgc/fixed', '--output', output), 'status.egressIpPrefix');
}
