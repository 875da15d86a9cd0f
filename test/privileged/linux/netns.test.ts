import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isErrno } from '../../../src/linux/libc.ts';
import { createNetns, deleteNetns, inNetns, inNewNetns, isNetns, listNetns } from '../../../src/linux/netns.ts';
import { Namespaces, ip } from './namespaces.ts';

const namespaces = new Namespaces();
const { directory } = namespaces;
const path = join(directory, 'blue');

after(() => namespaces.remove());

test('a namespace outlives the section that made it, has loopback up, and twice is once', () => {
  createNetns(path);
  const made = linkIn(path);
  createNetns(path);
  assert.equal(linkIn(path), made);
  assert.notEqual(made, readlinkSync('/proc/self/ns/net'));
  assert.deepEqual(ip(path, 'link', 'ifname', 'flags'), [{ ifname: 'lo', flags: ['LOOPBACK', 'UP', 'LOWER_UP'] }]);
});

test('a namespace that is deleted leaves neither mount nor file, and twice is once', () => {
  const gone = join(directory, 'gone');
  createNetns(gone);
  assert.deepEqual(listNetns(directory), ['blue', 'gone']);
  deleteNetns(gone);
  deleteNetns(gone);
  assert.deepEqual(listNetns(directory), ['blue']);
  assert.equal(readFileSync('/proc/mounts', 'utf8').includes(gone), false);
});

test('a plain file left over by a crash is taken over', () => {
  const stale = join(directory, 'stale');
  writeFileSync(stale, '');
  assert.equal(isNetns(stale), false);
  createNetns(stale);
  assert.equal(isNetns(stale), true);
  deleteNetns(stale);
});

test('a missing directory holds no namespaces', () => {
  assert.deepEqual(listNetns(join(directory, 'none')), []);
});

test('a child started inside a section lives in that namespace', () => {
  const { stdout } = inNetns(path, () => spawnSync('readlink', ['/proc/self/ns/net'], { encoding: 'utf8' }));
  assert.equal(stdout.trim(), linkIn(path));
});

test('the thread is back home after a section, also when it throws', () => {
  const home = readlinkSync('/proc/thread-self/ns/net');
  assert.throws(
    () =>
      inNetns(path, () => {
        throw new Error('inside');
      }),
    /inside/u,
  );
  inNewNetns(() => assert.notEqual(readlinkSync('/proc/thread-self/ns/net'), home));
  assert.equal(readlinkSync('/proc/thread-self/ns/net'), home);
});

test('no thread of the process stays in the other namespace', () => {
  const script = `
    import { readdirSync, readlinkSync, readFile } from 'node:fs';
    import { inNetns } from '${new URL('../../../src/linux/netns.ts', import.meta.url).pathname}';
    inNetns('${path}', () => readFile('/proc/version', () => {
      const threads = readdirSync('/proc/self/task').map((id) => readlinkSync('/proc/self/task/' + id + '/ns/net'));
      process.stdout.write(JSON.stringify([...new Set(threads)]));
    }));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(output), [readlinkSync('/proc/self/ns/net')]);
});

test('entering what is not a namespace says what was attempted and why it failed', () => {
  const file = join(directory, 'plain');
  writeFileSync(file, '');
  assert.throws(
    () => inNetns(file, () => undefined),
    (error) => isErrno(error, 'EINVAL') && /enter network namespace .*plain: EINVAL, setns/u.test(String(error)),
  );
});

function linkIn(netns: string): string {
  return inNetns(netns, () => readlinkSync('/proc/thread-self/ns/net'));
}
