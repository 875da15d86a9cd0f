import { chmod, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, writeFileAtomic } from '../../base/files.ts';

/** What the packages' maintainer scripts would have made: base-files, base-passwd, libc-bin. */
const folders: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    ['proc', 'sys', 'dev', 'run', 'etc', 'usr', 'usr/bin', 'var', 'var/lib', 'var/log'].map((path) => [path, 0o755]),
  ),
  root: 0o700,
  tmp: 0o1777,
  'var/tmp': 0o1777,
};

const files: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
};

const certificates = 'usr/share/ca-certificates/mozilla';
const certificateBundle = 'etc/ssl/certs/ca-certificates.crt';

/** Gives a root whose packages were only extracted the folders, accounts and certificates that programs expect. */
export async function completeExtractedRoot(root: string): Promise<void> {
  for (const [path, mode] of Object.entries(folders)) {
    await mkdir(join(root, path), { recursive: true });
    await chmod(join(root, path), mode);
  }
  for (const [path, content] of Object.entries(files)) await place(root, path, content);
  await linkRun(root);
  await bundleCertificates(root);
}

/** wireguard-go and others put their sockets below /var/run, which must be the /run of the container. */
async function linkRun(root: string): Promise<void> {
  const link = join(root, 'var', 'run');
  await rm(link, { recursive: true, force: true });
  await symlink('/run', link);
}

async function bundleCertificates(root: string): Promise<void> {
  const folder = join(root, certificates);
  if (!(await exists(folder))) return;
  const names = (await readdir(folder)).filter((name) => name.endsWith('.crt')).sort();
  const bundle = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  await place(root, certificateBundle, bundle.join(''));
}

/** Whatever the umask of this process is, everybody may read the file. */
async function place(root: string, path: string, content: string): Promise<void> {
  await writeFileAtomic(join(root, path), content);
  await chmod(join(root, path), 0o644);
}
