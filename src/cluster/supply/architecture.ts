import { SegwError } from '../../base/error.ts';

/** In the words of Go, Debian and OCI, which agree. */
export type Architecture = 'amd64' | 'arm64';

const architectures: Readonly<Partial<Record<NodeJS.Architecture, Architecture>>> = { x64: 'amd64', arm64: 'arm64' };

/** The architecture of this machine. Throws `InvalidInput` where it is neither of the two. */
export function hostArchitecture(): Architecture {
  const architecture = architectures[process.arch];
  if (!architecture) throw new SegwError('InvalidInput', `this machine is ${process.arch}; the local region needs x64 or arm64`);
  return architecture;
}
