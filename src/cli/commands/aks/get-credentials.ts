import { join } from 'node:path';
import { readIfExists, writeFileAtomic } from '../../../base/files.ts';
import { addClusterOptions, type ClusterOptions } from '../../aks/aks-options.ts';
import { createAzureClients } from '../../aks/azure-clients.ts';
import { readKubeconfig } from '../../aks/credentials.ts';
import { mergeKubeconfig } from '../../aks/kubeconfig-merge.ts';
import type { RegisterCommand } from '../../command.ts';
import type { Context } from '../../context.ts';

type Options = ClusterOptions & {
  readonly admin?: boolean;
  readonly file?: string;
  readonly context?: string;
  readonly overwriteExisting?: boolean;
};

/** `segw aks get-credentials` */
export const registerGetCredentials: RegisterCommand = (program, context) => {
  addClusterOptions(
    program.command('get-credentials').description('add the cluster to your kubeconfig and make it the current one'),
  )
    .option('-a, --admin', 'the credentials of the cluster administrator')
    .option('-f, --file <path>', 'the kubeconfig; "-" prints it; default: KUBECONFIG, else ~/.kube/config')
    .option('--context <name>', 'name of the context; default: that of the cluster')
    .option('--overwrite-existing', 'replace entries of the same name')
    .action(async (options: Options) => getCredentials(context(), options));
};

async function getCredentials(context: Context, options: Options): Promise<void> {
  const clients = await createAzureClients(context, options);
  const incoming = await readKubeconfig(clients, options, options.admin === true ? 'admin' : 'user');
  const merging = {
    overwrite: options.overwriteExisting === true,
    ...(options.context === undefined ? {} : { contextName: options.context }),
  };
  if (options.file === '-') {
    context.stdout.write(mergeKubeconfig(undefined, incoming, merging));
    return;
  }
  const path = options.file ?? defaultPath(context.env);
  await writeFileAtomic(path, mergeKubeconfig(await readIfExists(path), incoming, merging), { mode: 0o600 });
  context.stderr.write(`Merged "${options.context ?? options.name}" as current context in ${path}\n`);
}

function defaultPath(env: Context['env']): string {
  const first = env['KUBECONFIG']?.split(':').find((path) => path !== '');
  return first ?? join(env['HOME'] ?? '/root', '.kube/config');
}
