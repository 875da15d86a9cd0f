import { apiGroup, apiVersion, podAnnotation } from '../../api/names.ts';
import { localDefaults } from '../local-defaults.ts';

export const demoNamespace = 'demo';
export const demoConfiguration = 'demo';
export const plainPod = 'without-annotation';
export const annotatedPod = 'with-annotation';

const toolsImage = 'segw.local/tools:latest';

export const namespaceManifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: demoNamespace } };

export const configurationManifest = {
  apiVersion: `${apiGroup}/${apiVersion}`,
  kind: 'StaticGatewayConfiguration',
  metadata: { name: demoConfiguration, namespace: demoNamespace },
  spec: { gatewayNodepoolName: localDefaults.gatewayPool },
};

/** Two pods that differ in one annotation. */
export const podManifests = [podManifest(plainPod, {}), podManifest(annotatedPod, { [podAnnotation]: demoConfiguration })];

function podManifest(name: string, annotations: Readonly<Record<string, string>>) {
  const command = ['sh', '-c', 'trap exit TERM; sleep infinity & wait'];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: demoNamespace, annotations },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'tools', image: toolsImage, imagePullPolicy: 'Never', command }],
    },
  };
}
