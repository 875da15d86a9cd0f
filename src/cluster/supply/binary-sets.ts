import type { Architecture } from './architecture.ts';

/** Programs that come together: out of one official archive, or of one `go build` in `deploy/build/NAME`. */
export interface BinarySet {
  /** As in go.mod. */
  readonly version: string;
  readonly binaries: readonly string[];
  /** What `go build` is told to build in the set's folder; `tool` is all tools of go.mod. */
  readonly goPackage: string;
  /** Values of string variables (`go tool link -X`). */
  readonly linkedValues?: Readonly<Record<string, string>>;
  /** Absent where the project publishes no checksum that could be pinned. */
  readonly officialArchives?: Readonly<Record<Architecture, OfficialArchive>>;
}

export interface OfficialArchive {
  readonly url: string;
  /** Hexadecimal. */
  readonly sha512: string;
  /** The folder of the programs inside the archive. */
  readonly folder: string;
}

export const kubernetesVersion = 'v1.34.4';

export const kubernetesBinaries = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
] as const;

export const binarySetNames = ['kubernetes', 'coredns', 'wireguard-go'] as const;

/** Nothing but tests needs these: they are built when somebody asks for one of them by name. */
export const testSetNames = ['kube-network-policies'] as const;

export type BinarySetName = (typeof binarySetNames | typeof testSetNames)[number];

export const binarySets = {
  kubernetes: {
    version: kubernetesVersion,
    binaries: kubernetesBinaries,
    goPackage: 'tool',
    linkedValues: kubernetesLinkedValues(kubernetesVersion),
    // Checksums: kubernetes/kubernetes, CHANGELOG/CHANGELOG-1.34.md, section "Server Binaries" of v1.34.4.
    officialArchives: {
      amd64: kubernetesArchive(
        'amd64',
        '65c75e81e3ea488f6d42b493cad64d7577ddfa1e5372037a1c841ac069039997d359b5b2f2d44e7665bf04c48ed0065cf9d4c9801b1e63bb6a1b099ef00d4863',
      ),
      arm64: kubernetesArchive(
        'arm64',
        'a1fad7060ed67b5634f32f3256a295179dd887dab5c82b8550c2eb62c69df34cfbb311c8f93e7608d558eba32b9e2ddc23976db39e512fd747cc6bf9b4c1765f',
      ),
    },
  },
  coredns: { version: 'v1.12.4', binaries: ['coredns'], goPackage: '.' },
  'wireguard-go': {
    version: 'v0.0.0-20260522210424-ecfc5a8d5446',
    binaries: ['wireguard-go'],
    goPackage: 'golang.zx2c4.com/wireguard',
  },
  // Its libraries are those of Kubernetes, in the same versions: most of them are compiled already.
  'kube-network-policies': {
    version: 'v0.7.0',
    binaries: ['kube-network-policies'],
    goPackage: 'sigs.k8s.io/kube-network-policies/cmd',
  },
} as const satisfies Record<BinarySetName, BinarySet>;

function kubernetesArchive(architecture: Architecture, sha512: string): OfficialArchive {
  const url = `https://dl.k8s.io/${kubernetesVersion}/kubernetes-server-linux-${architecture}.tar.gz`;
  return { url, sha512, folder: 'kubernetes/server/bin' };
}

/** What `kubectl version` and the VERSION column of nodes show (kubernetes: hack/lib/version.sh). */
function kubernetesLinkedValues(version: string): Record<string, string> {
  const [major = '', minor = ''] = version.slice(1).split('.');
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean', gitCommit: 'module' };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return Object.fromEntries(
    packages.flatMap((name) => Object.entries(values).map(([variable, value]) => [`${name}.${variable}`, value])),
  );
}
