import { kubernetesVersion } from '../../../cluster/supply/binary-sets.ts';

/** The one version that clusters of this region have: `1.34.4`, and `1.34` as users ask for it. */
export const patchVersion = kubernetesVersion.replace(/^v/, '');
export const nodeImageVersion = `AKSDebian-containerd-${patchVersion}`;
export const minorVersion = patchVersion.split('.').slice(0, 2).join('.');
