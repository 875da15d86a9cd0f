import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readSysctl, writeSysctl } from '../../../src/linux/sysctl.ts';
import { Namespaces, runIn } from './namespaces.ts';

const namespaces = new Namespaces();
after(() => namespaces.remove());

test('a sysctl is written in its namespace and nowhere else', () => {
  const netns = namespaces.create('node');
  const untouched = readSysctl('net.ipv4.ip_forward');
  for (const value of [1, 0]) {
    writeSysctl('net.ipv4.ip_forward', value, netns);
    assert.equal(readSysctl('net.ipv4.ip_forward', netns), String(value));
    assert.equal(runIn(netns, 'cat', '/proc/sys/net/ipv4/ip_forward').trim(), String(value));
    assert.equal(readSysctl('net.ipv4.ip_forward'), untouched);
  }
});

test('a sysctl that does not exist is an error', () => {
  assert.throws(() => readSysctl('net.ipv4.none'), { code: 'ENOENT' });
});
