import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emulatorArguments, type GuestMachine } from './emulator-arguments.ts';

const machine: GuestMachine = {
  image: { kernel: '/image/vmlinuz', initramfs: '/image/initramfs', disk: '/image/disk.squashfs' },
  accelerator: 'tcg',
  memoryMib: 512,
  shares: { project: '/run/project.socket', run: '/run/run.socket' },
  consoleFile: '/run/console',
};

function valuesOf(option: string): readonly (string | undefined)[] {
  const all = emulatorArguments(machine);
  return all.flatMap((argument, index) => (argument === `-${option}` ? [all[index + 1]] : []));
}

test('a share is a socket and a device of the same name', () => {
  assert.deepEqual(valuesOf('chardev'), ['socket,id=project,path=/run/project.socket', 'socket,id=run,path=/run/run.socket']);
  assert.deepEqual(valuesOf('device'), [
    'virtio-blk-pci,drive=disk',
    'vhost-user-fs-pci,chardev=project,tag=project',
    'vhost-user-fs-pci,chardev=run,tag=run',
  ]);
});

test('what the daemons of the shares map is the whole memory of the guest', () => {
  assert.deepEqual(valuesOf('m'), ['512M']);
  assert.deepEqual(valuesOf('object'), ['memory-backend-memfd,id=memory,size=512M,share=on']);
});

test('the guest has no network device, and writes to no disk', () => {
  assert.ok(emulatorArguments(machine).includes('-nodefaults'));
  assert.deepEqual(valuesOf('drive'), ['if=none,id=disk,file=/image/disk.squashfs,format=raw,readonly=on']);
  assert.doesNotMatch(emulatorArguments(machine).join(' '), /net(?:dev|device)? /u);
});
