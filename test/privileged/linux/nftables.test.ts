import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { openNftables, type Nftables } from '../../../src/linux/nftables.ts';
import { Namespaces, runIn } from './namespaces.ts';

const namespaces = new Namespaces();
let netns: string;
let nft: Nftables;

before(() => {
  netns = namespaces.create('node');
  nft = openNftables({ netns });
});

after(() => {
  nft.close();
  namespaces.remove();
});

const table = `table inet segw {
	set pods {
		type ipv4_addr
		elements = { 10.244.0.9 }
	}

	chain forward {
		type filter hook forward priority filter - 10; policy accept;
		ip saddr @pods counter packets 0 bytes 0 drop
	}
}
`;

test('a ruleset is applied in its namespace only and reads back as nft prints it', () => {
  nft.run(table);
  assert.equal(nft.list('list table inet segw'), table);
  assert.equal(runIn(netns, 'nft', 'list', 'table', 'inet', 'segw'), table);
  assert.throws(() => execFileSync('nft', ['list', 'table', 'inet', 'segw'], { stdio: 'pipe' }));
});

test('a ruleset reads back as objects', () => {
  const sets = z.array(z.object({ set: z.object({ name: z.string(), elem: z.array(z.string()) }) }));
  assert.deepEqual(sets.parse(nft.listJson('list set inet segw pods')), [{ set: { name: 'pods', elem: ['10.244.0.9'] } }]);
  assert.equal(nft.list('list table inet segw'), table, 'text again afterwards');
});

test('a transaction that fails in its last line changes nothing, and the error quotes nft', () => {
  assert.throws(() => nft.run('add element inet segw pods { 10.244.0.10 }\nadd rule inet segw none drop\n'), {
    code: 'NftablesRejected',
    message: /No such file or directory\n.*segw/u,
  });
  assert.equal(nft.list('list table inet segw'), table);
});

test('a syntax error is quoted', () => {
  assert.throws(() => nft.run('add tabel inet x'), { code: 'NftablesRejected', message: /syntax error/u });
});

test('changes made by others are seen and written over', () => {
  runIn(netns, 'nft', 'flush', 'ruleset');
  assert.equal(nft.list('list ruleset'), '');
  nft.run(table);
  assert.equal(runIn(netns, 'nft', 'list', 'table', 'inet', 'segw'), table);
});

test('a table with an owner survives a foreign flush and ends with its context', () => {
  const owner = openNftables({ netns });
  owner.run('table inet lock { flags owner; chain forward { type filter hook forward priority 0; }; }');
  runIn(netns, 'nft', 'flush', 'ruleset');
  assert.match(runIn(netns, 'nft', 'list', 'tables'), /table inet lock/u);
  owner.close();
  assert.equal(runIn(netns, 'nft', 'list', 'tables'), '');
});

test('a library that is unpacked elsewhere is loaded with its dependencies from there', () => {
  const installed = new Set(
    readFileSync('/proc/self/maps', 'utf8').match(/\/\S+\/lib(?:nftables|mnl|nftnl|xtables|gmp|jansson)\.so\S*/gu),
  );
  assert.equal(installed.size, 6, [...installed].join(' '));
  for (const file of installed) copyFileSync(file, join(namespaces.directory, sonameOf(file)));
  const library = join(namespaces.directory, 'libnftables.so.1');
  const script = `
    import { readFileSync } from 'node:fs';
    import { openNftables } from '${new URL('../../../src/linux/nftables.ts', import.meta.url).pathname}';
    openNftables({ library: '${library}', netns: '${netns}' }).run('add table inet unpacked');
    process.stdout.write(readFileSync('/proc/self/maps', 'utf8'));`;
  const maps = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  for (const file of installed) {
    assert.ok(maps.includes(join(namespaces.directory, sonameOf(file))), file);
    assert.equal(maps.includes(file), false, file);
  }
  assert.match(runIn(netns, 'nft', 'list', 'tables'), /table inet unpacked/u);
});

test('a library that is not there is named with a remedy', () => {
  assert.throws(() => openNftables({ library: '/none/libnftables.so.1' }), {
    code: 'NotFound',
    message: /load \/none\/libnftables\.so\.1/u,
    remedy: /libnftables1/u,
  });
});

/** `libmnl.so.0.2.0` is loaded as `libmnl.so.0`. */
function sonameOf(file: string): string {
  return basename(file).replace(/(\.so\.\d+).*$/u, '$1');
}
