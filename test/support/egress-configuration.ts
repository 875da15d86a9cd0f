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
  const configuration = ['--namespace', namespace, 'sgc/fixed'];
  await kubectl('wait', ...configuration, '--for=condition=Ready', '--timeout=60s');
  return parseCidr(
    await kubectl('get', ...configuration, '--output', 'jsonpath={.status.egressIpPrefix}'),
    'status.egressIpPrefix',
  );
}
