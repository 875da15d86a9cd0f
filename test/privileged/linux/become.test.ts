import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { become } from '../../../src/linux/become.ts';
import { repositoryDir } from '../../support/paths.ts';

/** A Node that has used its streams, then becomes a shell that runs `script`. */
function becoming(script: string) {
  const module = join(repositoryDir, 'src/linux/become.ts');
  const program = `
    process.stdout.write(''); process.stderr.write(''); process.stdin.pause();
    process.once('SIGTERM', () => {});
    const { become } = await import('${module}');
    become({ file: '/bin/sh', args: ['-c', ${JSON.stringify(script)}], env: { PATH: '/usr/bin:/bin', GONE: undefined, KEPT: 'x' } });`;
  return execa(process.execPath, ['--input-type=module', '--eval', program], { reject: false, stdin: 'pipe' });
}

test('the program has the process id, the environment that it is given, and its own exit code', async () => {
  const child = becoming('echo $$ $KEPT ${GONE-unset}; exit 7');
  const { pid } = child;
  const { stdout, exitCode } = await child;
  assert.equal(stdout, `${String(pid)} x unset`);
  assert.equal(exitCode, 7);
});

test('its streams block, and no signal is ignored', async () => {
  const { stdout } = await becoming('for n in 0 1 2; do grep flags /proc/$$/fdinfo/$n; done; grep SigIgn /proc/$$/status');
  const flags = [...stdout.matchAll(/flags:\s+(\d+)/g)].map(([, octal = '']) => Number.parseInt(octal, 8) & 0o4000);
  assert.deepEqual(flags, [0, 0, 0]);
  assert.match(stdout, /SigIgn:\s+0{16}/);
});

test('a signal ends it as any program', async () => {
  const child = becoming('echo up; exec sleep 60');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  assert.equal((await child).signal, 'SIGTERM');
});

test('a program that there is not: the error names it', () => {
  assert.throws(() => become({ file: '/nonexistent', args: [], env: {} }), {
    code: 'CommandFailed',
    message: /start \/nonexistent: .*ENOENT/,
  });
});
