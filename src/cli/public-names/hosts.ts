/** The names by which programs for the public cloud know Resource Manager, the token endpoint and the directory. */
const publicNames = ['management.azure.com', 'login.microsoftonline.com', 'graph.microsoft.com'] as const;

/** The line of a hosts file (hosts(5)) that leads the public names to `address`. The first line for a name counts. */
export function hostsLine(address: string): string {
  return `${address} ${publicNames.join(' ')}`;
}

/** Process ids have 22 bits at most (PID_MAX_LIMIT of the kernel's include/linux/threads.h). */
const mostProcesses = 2 ** 22;

/** A loopback address of 127.64.0.0/10 for what process `pid` needs: two that run have two. */
export function addressOfProcess(pid: number): string {
  const number = pid % mostProcesses;
  return ['127', 64 + (number >> 16), (number >> 8) & 255, number & 255].map(String).join('.');
}
