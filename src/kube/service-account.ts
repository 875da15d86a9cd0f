import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SegwError } from '../base/error.ts';
import { Connection, type Credentials } from './connection.ts';

interface ServiceAccountOptions {
  /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, or the API server's own address: service routing may be what is broken. */
  readonly host: string;
  readonly port: number;
  /** Where kubelet mounts the token. */
  readonly directory?: string;
  readonly userAgent: string;
}

/** Connects as the pod's service account. The token is read again every minute: kubelet renews it. */
export function connectByServiceAccount({
  host,
  port,
  directory = '/var/run/secrets/kubernetes.io/serviceaccount',
  userAgent,
}: ServiceAccountOptions): Connection {
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  return new Connection({ server, readCredentials: () => readCredentials(directory), userAgent });
}

async function readCredentials(directory: string): Promise<Credentials> {
  try {
    const [token, ca] = await Promise.all([
      readFile(join(directory, 'token'), 'utf8'),
      readFile(join(directory, 'ca.crt'), 'utf8'),
    ]);
    return { headers: { authorization: `Bearer ${token.trim()}` }, ca };
  } catch (error) {
    throw new SegwError('Unauthorized', `read the service account's token: ${messageOf(error)}`, {
      cause: error,
      retryable: true,
    });
  }
}
