import { apiGroup, apiVersion, podAnnotation } from '../../api/names.ts';
import { localDefaults } from '../local-defaults.ts';
import { toolsPod } from './tools-pod.ts';

export const demoNamespace = 'demo';
export const demoConfiguration = 'demo';
export const plainPod = 'without-annotation';
export const annotatedPod = 'with-annotation';

export const namespaceManifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: demoNamespace } };

export const configurationManifest = {
  apiVersion: `${apiGroup}/${apiVersion}`,
  kind: 'StaticGatewayConfiguration',
  metadata: { name: demoConfiguration, namespace: demoNamespace },
  spec: { gatewayNodepoolName: localDefaults.gatewayPool },
};

/** Two pods that differ in one annotation. */
export const podManifests = [
  toolsPod({ name: plainPod, namespace: demoNamespace }),
  toolsPod({ name: annotatedPod, namespace: demoNamespace, annotations: { [podAnnotation]: demoConfiguration } }),
];
