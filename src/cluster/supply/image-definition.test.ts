import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentProgress } from '../../base/progress.ts';
import { isBinaryName } from './binaries.ts';
import { binarySets } from './binary-sets.ts';
import { imageNames } from './images.ts';
import { parseImageDefinition, type FileSource, type ImageDefinition } from './image-definition.ts';

const repositoryDir = join(import.meta.dirname, '../../..');

async function definitions(): Promise<Map<string, ImageDefinition>> {
  const names = await imageNames({ cacheDir: '/nonexistent', repositoryDir, architecture: 'amd64', progress: silentProgress });
  const read = names.map(async (name): Promise<[string, ImageDefinition]> => {
    const path = join(repositoryDir, 'deploy/images', name, 'image.yaml');
    return [name, parseImageDefinition(await readFile(path, 'utf8'), path)];
  });
  return new Map(await Promise.all(read));
}

test('every image is named after its folder, and takes only programs that there are', async () => {
  for (const [name, { reference, layers }] of await definitions()) {
    assert.ok(reference.startsWith(`segw.local/${name}:`), reference);
    const sources = layers.flatMap(({ files = {} }): FileSource[] => Object.values(files));
    for (const { kind, value } of sources) if (kind === 'binary') assert.ok(isBinaryName(value), value);
  }
});

test('the tag of the coredns image is the version of the program', async () => {
  const coredns = (await definitions()).get('coredns');
  assert.equal(coredns?.reference, `segw.local/coredns:${binarySets.coredns.version.slice(1)}`);
});

test('sources are parsed into kind and value', () => {
  const text = 'reference: a.b/c:1\nlayers: [{ files: { /bin/sh: "link:/usr/bin/dash", /n: binary:node } }]';
  assert.deepEqual(parseImageDefinition(text, 'image.yaml').layers, [
    { files: { '/bin/sh': { kind: 'link', value: '/usr/bin/dash' }, '/n': { kind: 'binary', value: 'node' } } },
  ]);
});

const mistakes = [
  { what: 'a reference without registry', text: 'reference: c:1\nlayers: [{ packages: [dash] }]', says: /segw\.local\/name:tag/ },
  { what: 'a reference without tag', text: 'reference: a.b/c\nlayers: [{ packages: [dash] }]', says: /segw\.local\/name:tag/ },
  { what: 'no layer', text: 'reference: a.b/c:1\nlayers: []', says: /layers/ },
  { what: 'a relative target', text: 'reference: a.b/c:1\nlayers: [{ files: { bin/x: binary:node } }]', says: /absolute path/ },
  { what: 'a source of no kind', text: 'reference: a.b/c:1\nlayers: [{ files: { /x: node } }]', says: /must begin with/ },
  {
    what: 'a layer of two kinds',
    text: 'reference: a.b/c:1\nlayers: [{ packages: [dash], files: {} }]',
    says: /either packages or files/,
  },
  { what: 'an unknown field', text: 'reference: a.b/c:1\nlayers: [{ packages: [dash] }]\nenv: {}', says: /env/ },
  { what: 'text that is not YAML', text: 'reference: [', says: /image\.yaml/ },
];

for (const { what, text, says } of mistakes)
  test(`${what} is refused with the path of the file`, () => {
    assert.throws(() => parseImageDefinition(text, 'deploy/images/x/image.yaml'), { code: 'InvalidInput', message: says });
    assert.throws(() => parseImageDefinition(text, 'deploy/images/x/image.yaml'), {
      message: /^deploy\/images\/x\/image\.yaml: /,
    });
  });
