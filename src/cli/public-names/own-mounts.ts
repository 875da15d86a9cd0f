/**
 * The mounts end with the last process that sees them; a file that is bound needs its name no more. A bare Debian has no /etc/hosts to be
 * covered: an empty one says the same.
 */
const script = `
[ -e /etc/hosts ] || : >/etc/hosts
hosts=$(mktemp)
{ echo "$1"; cat /etc/hosts; } >"$hosts"
chmod 644 "$hosts"
mount --bind "$hosts" /etc/hosts
rm "$hosts"
[ "$2" = "$3" ] || mount --bind "$2" "$3"
shift 3
exec "$@"`;

interface OwnMounts {
  /** The first line of /etc/hosts; what the host says follows. */
  readonly hostsLine: string;
  /** The file that is to be seen in place of `systemBundle`. */
  readonly caBundle: string;
  /** The same path as `caBundle` where the system has none. */
  readonly systemBundle: string;
}

/**
 * The program and arguments by which `command` sees these files in a mount namespace of its own, which the host never does. Mounts of
 * the host that come later are seen there, too.
 */
export function inOwnMounts({ hostsLine, caBundle, systemBundle }: OwnMounts, command: readonly string[]): readonly string[] {
  const ownNamespace = ['unshare', '--mount', '--propagation', 'slave'];
  return [...ownNamespace, 'sh', '-euc', script, 'sh', hostsLine, caBundle, systemBundle, ...command];
}
