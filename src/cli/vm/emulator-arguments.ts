import type { GuestImage } from './guest-image.ts';

export interface GuestMachine {
  readonly image: GuestImage;
  readonly accelerator: 'kvm' | 'tcg';
  readonly memoryMib: number;
  /** Tag in the guest → socket of its virtiofsd. */
  readonly shares: Readonly<Record<string, string>>;
  /** The file that gets the kernel's console. */
  readonly consoleFile: string;
}

/** `tsc=reliable no_timer_check`: the kernel's checks of clocks fail on an emulated processor that waits for the host's. */
const kernelCommandLine = [
  'console=ttyS0 panic=-1 systemd.unit=segw.target systemd.show_status=error net.ifnames=0',
  'mitigations=off tsc=reliable no_timer_check random.trust_cpu=on nowatchdog audit=0',
].join(' ');

/**
 * The command line of QEMU: two processors, no network device, the kernel's console in a file, and the second serial port, which has
 * the job's output, on standard output. The end of the guest is the end of the process.
 */
export function emulatorArguments(guest: GuestMachine): readonly string[] {
  const memory = `${String(guest.memoryMib)}M`;
  const switches = ['nodefaults', 'no-user-config', 'no-reboot'];
  const options: readonly (readonly [name: string, value: string])[] = [
    ['display', 'none'],
    ['machine', 'q35'],
    ['accel', guest.accelerator],
    ['cpu', 'max'],
    ['smp', '2'],
    ['m', memory],
    // virtiofsd reads and writes the guest's memory.
    ['object', `memory-backend-memfd,id=memory,size=${memory},share=on`],
    ['numa', 'node,memdev=memory'],
    ['serial', `file:${guest.consoleFile}`],
    ['serial', 'stdio'],
    ['kernel', guest.image.kernel],
    ['initrd', guest.image.initramfs],
    ['append', kernelCommandLine],
    ['drive', `if=none,id=disk,file=${guest.image.disk},format=raw,readonly=on`],
    ['device', 'virtio-blk-pci,drive=disk'],
    ...Object.entries(guest.shares).flatMap(([tag, socket]) => shareOptions(tag, socket)),
  ];
  return [...switches.map((name) => `-${name}`), ...options.flatMap(([name, value]) => [`-${name}`, value])];
}

function shareOptions(tag: string, socket: string): readonly (readonly [name: string, value: string])[] {
  return [
    ['chardev', `socket,id=${tag},path=${socket}`],
    ['device', `vhost-user-fs-pci,chardev=${tag},tag=${tag}`],
  ];
}
