import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { repositoryDir } from './support/paths.ts';

/** Which rooms a room may import (design section 10). A type that both sides name is declared by the side that needs it. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  api: ['base'],
  kube: ['base'],
  cloud: ['base', 'api'],
  dataplane: ['base'],
  cni: ['base'],
  'tunnel-probe': ['base'],
  linux: ['base', 'cluster', 'region', 'dataplane', 'tunnel-probe'],
  operator: ['base', 'api', 'kube', 'cloud', 'dataplane'],
  'worker-agent': ['base', 'api', 'kube', 'dataplane', 'cni', 'tunnel-probe'],
  'gateway-agent': ['base', 'api', 'kube', 'dataplane', 'tunnel-probe'],
  'gateway-guard': ['base', 'api', 'kube'],
  'tunnel-host': ['base', 'dataplane'],
  cluster: ['base', 'api', 'kube'],
  region: ['base', 'api', 'kube', 'cluster'],
  cli: ['base', 'api', 'kube', 'cluster', 'dataplane'],
  cmd: [
    'base',
    'api',
    'kube',
    'cloud',
    'dataplane',
    'cni',
    'tunnel-probe',
    'linux',
    'operator',
    'worker-agent',
    'gateway-agent',
    'gateway-guard',
    'tunnel-host',
    'cluster',
    'region',
    'cli',
  ],
};
/** `linux` implements what these rooms declare: it may name their interfaces, and nothing that runs. */
const typesOnly: Readonly<Record<string, readonly string[]>> = { linux: ['cluster', 'region', 'dataplane', 'tunnel-probe'] };
/** Only a process' own file reads its environment, ends it, or hears its signals. */
const processOnly = /\bprocess\.(?:env|exit|exitCode|once|on)\b/;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const files = globSync('src/**/*.ts', { cwd: repositoryDir }).sort();
const sources = new Map(files.map((file) => [file, readFileSync(join(repositoryDir, file), 'utf8')]));
/** Of the product: a test stands beside its source and may import what it needs. */
const imports = [...sources].filter(([file]) => !isTest(file)).flatMap(([file, text]) => importsOf(file, text));

test('every arrow between rooms points where the design allows it', () => {
  const wrong = imports
    .filter(({ from, to }) => roomOf(from) !== roomOf(to))
    .filter(({ from, to, isTypeOnly }) => {
      const mayImport = allowed[roomOf(from)]?.includes(roomOf(to)) ?? false;
      const onlyTypes = typesOnly[roomOf(from)]?.includes(roomOf(to)) ?? false;
      return !mayImport || (onlyTypes && !isTypeOnly);
    });
  assert.deepEqual(wrong, []);
});

test('every room is in the table', () => {
  const rooms = new Set(files.map(roomOf));
  assert.deepEqual(
    [...rooms].filter((room) => !(room in allowed)),
    [],
  );
});

test('imports run in no circle, types included', () => {
  const next = new Map(files.map((file) => [file, imports.filter(({ from }) => from === file).map(({ to }) => to)]));
  assert.deepEqual(findCycle(next), undefined);
});

test('the environment, exit codes and signals are read and set in src/cmd only', () => {
  const wrong = [...sources]
    .filter(([file, text]) => !file.startsWith('src/cmd/') && !isTest(file) && processOnly.test(text))
    .map(([file]) => file);
  assert.deepEqual(wrong, []);
});

test('a process file is small', () => {
  const long = [...sources]
    .filter(([file, text]) => file.startsWith('src/cmd/') && text.split('\n').length > 100)
    .map(([file]) => file);
  assert.deepEqual(long, []);
});

test('no file only passes on what others export, and none is called after nothing', () => {
  const forbidden = /(?:^|\/)(?:index|utils?|helpers?|common|misc)\.ts$/;
  const barrels = [...sources]
    .filter(([file, text]) => forbidden.test(file) || /^export \* from/m.test(text))
    .map(([file]) => file);
  assert.deepEqual(barrels, []);
});

function importsOf(file: string, text: string): readonly Import[] {
  const pattern = /^(?:import|export) (?<type>type )?[^;]*?from '(?<path>\.[^']+)';$/gm;
  return [...text.matchAll(pattern)].map(({ groups }) => ({
    from: file,
    to: relative(repositoryDir, join(repositoryDir, dirname(file), groups?.['path'] ?? '')),
    isTypeOnly: groups?.['type'] !== undefined,
  }));
}

function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

function findCycle(next: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const target of next.get(file) ?? []) {
      const cycle = visit(target, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}
