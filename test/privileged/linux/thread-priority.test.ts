import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const controller = '/sys/fs/cgroup/cpu';
/** The kernel gives each cpu cgroup a share of real time, and 0 to a new one. */
const hasShares = existsSync(join(controller, 'cpu.rt_runtime_us'));
const node = join(controller, `t${String(process.pid)}`);
const pod = join(node, 'pod');
const source = new URL('../../../src/linux/thread-priority.ts', import.meta.url).pathname;

interface Groups {
  /** Microseconds of a second. */
  readonly share: number;
}

function withGroups({ share }: Groups, check: () => void): void {
  mkdirSync(pod, { recursive: true });
  try {
    writeFileSync(join(node, 'cpu.rt_runtime_us'), String(share));
    check();
  } finally {
    rmdirSync(pod);
    rmdirSync(node);
  }
}

/** Starts Node in the pod's group, if there are groups; `program` sees `raise`. */
function nodeInPod(program: string): readonly string[] {
  const text = `import { raiseThreadPriority } from '${source}';
    import { readFileSync } from 'node:fs';
    const own = process.pid;
    const group = () => readFileSync('/proc/thread-self/cgroup', 'utf8').split('\\n').find((line) => /:cpu[:,]/u.test(line))?.split(':')[2];
    const raise = () => raiseThreadPriority(own, '${node}');
    ${program}`;
  const enter = hasShares ? `echo $$ >${pod}/cgroup.procs && ` : '';
  return ['sh', '-c', `${enter}exec "$0" --input-type=module -e "$1"`, process.execPath, text];
}

function printedInPod(program: string): unknown {
  const [command = '', ...args] = nodeInPod(`process.stdout.write(JSON.stringify(${program}))`);
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8' }));
}

if (hasShares) {
  test('a thread of a pod without a share of real time gets it in the node’s own group, and nothing else moves', () => {
    const name = node.slice(controller.length);
    withGroups({ share: 20_000 }, () => {
      const printed = printedInPod(`[group(), raise(), group(), readFileSync('${pod}/tasks', 'utf8').split('\\n').length > 2]`);
      assert.deepEqual(printed, [`${name}/pod`, 'real-time', name, true]);
    });
  });

  test('where the node has no share either, the thread stays and is as nice as can be', () => {
    const name = node.slice(controller.length);
    withGroups({ share: 0 }, () => assert.deepEqual(printedInPod('[raise(), group()]'), ['nice', `${name}/pod`]));
  });
} else {
  test('a thread of a privileged pod gets real time', () => assert.equal(printedInPod('raise()'), 'real-time'));
}

test('a real-time thread that runs away ends its process', () => {
  const runAway = (): void => {
    const [command = '', ...args] = nodeInPod('process.stdout.write(raise()); for (;;);');
    const { signal, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' });
    assert.equal(stdout, 'real-time');
    assert.equal(signal, 'SIGXCPU');
  };
  if (hasShares) withGroups({ share: 100_000 }, runAway);
  else runAway();
});
