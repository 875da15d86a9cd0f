import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { RequestOptions } from 'node:https';
import { definedOnly } from '../base/defined.ts';
import { messageOf, SegwError } from '../base/error.ts';
import { Connection, type Credentials } from './connection.ts';

interface KubeConfigSource {
  /** A kubeconfig file, or the text of one. */
  readonly source: { readonly file: string } | { readonly text: string };
  /** Default: the current context. */
  readonly context?: string;
  readonly userAgent: string;
}

/**
 * Connects as a kubeconfig says: certificates, tokens, exec plugins. Processes in the cluster use `service-account.ts`, which does
 * without client-node and its 17 MB. Throws `InvalidInput` for a file that cannot be read or names no server.
 */
export function connectByKubeConfig({ source, context, userAgent }: KubeConfigSource): Connection {
  const config = new KubeConfig();
  try {
    if ('file' in source) config.loadFromFile(source.file);
    else config.loadFromString(source.text);
  } catch (error) {
    throw new SegwError('InvalidInput', `read kubeconfig: ${messageOf(error)}`, { cause: error });
  }
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new SegwError('InvalidInput', `kubeconfig: no cluster for context "${config.getCurrentContext()}"`);
  return new Connection({ server: cluster.server, readCredentials: () => readCredentials(config), userAgent });
}

async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, servername, rejectUnauthorized, auth } = options;
  return {
    headers: { ...headersOf(options), ...(auth && { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }) },
    skipVerification: rejectUnauthorized === false,
    ...definedOnly({ ca: textOf(ca), certificate: textOf(cert), key: textOf(key), serverName: servername }),
  };
}

function headersOf({ headers = {} }: RequestOptions): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : undefined;
}
