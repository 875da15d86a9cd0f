import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sysctlPath } from './sysctl.ts';

test('a sysctl’s name is a path under /proc/sys', () => {
  assert.equal(sysctlPath('net.ipv4.ip_forward'), '/proc/sys/net/ipv4/ip_forward');
  assert.equal(sysctlPath('net/ipv4/conf/eth0.1/rp_filter'), '/proc/sys/net/ipv4/conf/eth0.1/rp_filter');
});
