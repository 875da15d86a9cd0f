import { Agent, request, type Dispatcher } from 'undici';
import { definedOnly } from '../base/defined.ts';
import { messageOf, SegwError } from '../base/error.ts';

/** How to reach an API server and who we are there. Read again now and then, since tokens and certificates are renewed. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | Buffer;
  readonly certificate?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name that the server's certificate must have, where it is not the host of the URL. */
  readonly serverName?: string;
  readonly skipVerification?: boolean;
}

export interface ConnectionOptions {
  /** `https://HOST:PORT`, perhaps with a path. */
  readonly server: string;
  readonly readCredentials: () => Promise<Credentials>;
  readonly userAgent: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly contentType?: string;
  readonly body?: unknown;
  /** The longest silence of the server, before its answer and in it. */
  readonly silenceTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Buffer> & { text(): Promise<string> };
}

/** Kubernetes renews projected tokens long before they end; client-go reads them again as often. */
const credentialsMaxAgeMs = 60_000;
const defaultSilenceTimeoutMs = 30_000;

/**
 * One API server, over kept connections. It does not know the API: `client.ts` does.
 *
 * Of client-node only its reading of credentials is used (`kube-config.ts`). Its `applySecurityAuthentication` makes a new agent, so
 * a new TLS connection, for every call; its `Watch` throws away lines that it cannot read (dist/config.js, dist/watch.js of 2.0.1).
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #agent: { readonly identity: string; readonly dispatcher: Agent } | undefined;
  #isClosed = false;
  #credentials: { readonly value: Credentials; readonly readAt: number } | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Sends one request. Throws `ApiServerUnreachable` where there is no answer; the signal's reason when it aborts. */
  async send({ method, path, query = {}, contentType, body, silenceTimeoutMs, signal }: ApiRequest): Promise<ApiResponse> {
    if (this.#isClosed) throw new SegwError('ApiServerUnreachable', `${method} ${path}: the connection was closed`);
    const credentials = await this.#readCredentials();
    const url = new URL(this.#options.server.replace(/\/$/, '') + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    const headers = {
      accept: 'application/json',
      'user-agent': this.#options.userAgent,
      ...credentials.headers,
      ...definedOnly({ 'content-type': contentType }),
    };
    const timeout = silenceTimeoutMs ?? defaultSilenceTimeoutMs;
    const options = { method, headers, headersTimeout: timeout, bodyTimeout: timeout, dispatcher: this.#dispatcher(credentials) };
    try {
      const response = await request(url, {
        ...options,
        ...definedOnly({ signal }),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (response.statusCode === 401) this.#credentials = undefined;
      return { status: response.statusCode, headers: response.headers, body: response.body };
    } catch (error) {
      throw toConnectionError(`${method} ${path}`, error, signal);
    }
  }

  /** Ends every call, also running watches, for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#agent?.dispatcher.destroy();
    this.#agent = undefined;
  }

  async #readCredentials(): Promise<Credentials> {
    if (this.#credentials && performance.now() - this.#credentials.readAt < credentialsMaxAgeMs) return this.#credentials.value;
    const value = await this.#options.readCredentials();
    this.#credentials = { value, readAt: performance.now() };
    return value;
  }

  /** A renewed client certificate needs new connections: the old agent ends when its requests have ended. */
  #dispatcher(credentials: Credentials): Dispatcher {
    const connect = tlsOptions(credentials);
    const identity = JSON.stringify(connect);
    if (this.#agent?.identity === identity) return this.#agent.dispatcher;
    void this.#agent?.dispatcher.close();
    // HTTP/2 of undici 8.12 throws past everybody ("other side closed", client-h2.js) when the server ends after a stream was aborted.
    const dispatcher = new Agent({ connect, allowH2: false, keepAliveTimeout: 30_000 });
    this.#agent = { identity, dispatcher };
    return dispatcher;
  }
}

function tlsOptions({ ca, certificate, key, serverName, skipVerification }: Credentials): object {
  return definedOnly({
    ca: ca?.toString(),
    cert: certificate?.toString(),
    key: key?.toString(),
    servername: serverName,
    rejectUnauthorized: skipVerification ? false : undefined,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  });
}

/** What the network layer threw, before the answer or in the middle of it. An abort stays what it is. */
export function toConnectionError(what: string, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  return new SegwError('ApiServerUnreachable', `${what}: ${messageOf(error)}`, { cause: error, retryable: true });
}
