import { createHash } from 'node:crypto';
import { strToU8, zipSync } from 'fflate';

/** A Python wheel, and what an extension index says about it. */
export interface Wheel {
  readonly fileName: string;
  readonly content: Buffer;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  readonly metadata: Readonly<Record<string, string | boolean>>;
}

const name = 'aks-preview';
const version = '1.0.0';
const module = 'azext_aks_preview';
const distInfo = `aks_preview-${version}.dist-info`;
const summary =
  'Adds no command: core az has those of Static Egress Gateway. Stand-in of a local region for the extension aks-preview.';
/** What `az` reads of an extension. Since 2.75.0 core az has the commands. */
const azureMetadata = { 'azext.minCliCoreVersion': '2.75.0', 'azext.isPreview': false };

/** The same content is the same archive: the oldest time that ZIP knows (in local time), and who may read it on Unix. */
const archive = { level: 0, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100_644 * 0x1_00_00 } as const;

const loader = `"""${summary}"""

from azure.cli.core import AzCommandsLoader


class AksPreviewCommandsLoader(AzCommandsLoader):
    def load_command_table(self, args):
        return {}

    def load_arguments(self, command):
        pass


COMMAND_LOADER_CLS = AksPreviewCommandsLoader
`;

const metadata = `Metadata-Version: 2.1
Name: ${name}
Version: ${version}
Summary: ${summary}
Requires-Python: >=3.8
Description-Content-Type: text/plain

${summary}
`;

/** The wheel that `az extension add --name aks-preview` gets from the region: a loader without commands, and honest about it. */
export function createStubWheel(): Wheel {
  const files = {
    [`${module}/__init__.py`]: strToU8(loader),
    [`${module}/azext_metadata.json`]: strToU8(JSON.stringify(azureMetadata)),
    [`${distInfo}/METADATA`]: strToU8(metadata),
    [`${distInfo}/WHEEL`]: strToU8('Wheel-Version: 1.0\nGenerator: segw\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
    [`${distInfo}/top_level.txt`]: strToU8(`${module}\n`),
  };
  const content = Buffer.from(zipSync({ ...files, [`${distInfo}/RECORD`]: strToU8(recordOf(files)) }, archive));
  return {
    fileName: `aks_preview-${version}-py3-none-any.whl`,
    content,
    digest: createHash('sha256').update(content).digest('hex'),
    metadata: { name, version, summary, ...azureMetadata },
  };
}

/** The list of files with digest and size (PEP 376); the record itself has neither. */
function recordOf(files: Readonly<Record<string, Uint8Array>>): string {
  const lines = Object.entries(files).map(([path, content]) => {
    const digest = createHash('sha256').update(content).digest('base64url');
    return `${path},sha256=${digest},${String(content.length)}`;
  });
  return [...lines, `${distInfo}/RECORD,,`, ''].join('\n');
}
