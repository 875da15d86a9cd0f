import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** One request as its log tells it. Nothing in it is a secret: no query, no header but the ids, no body. */
export interface RequestRecord {
  /** When it came: ISO 8601. */
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  /** Absent: no valid token. */
  readonly caller?: { readonly objectId: string; readonly name?: string | undefined } | undefined;
  /** `x-ms-request-id` of the answer. */
  readonly requestId: string;
  /** `x-ms-correlation-request-id` of request and answer. */
  readonly correlationId: string;
  /** `x-ms-client-request-id` of the request. */
  readonly clientRequestId?: string | undefined;
  /** Of a refusal. */
  readonly errorCode?: string | undefined;
  /** Faults that the request met. */
  readonly faults?: readonly string[] | undefined;
}

export interface RequestLog {
  /** Written when it returns, so that who has an answer finds its request. */
  append(record: RequestRecord): void;
  close(): void;
}

interface RequestLogOptions {
  /** The file is set aside as `PATH.1` when it is this large: the log takes twice as much at most. */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 8 * 1024 * 1024;

/** Opens the log, JSON lines in a file of mode 0600; what an earlier region wrote stays. */
export function openRequestLog(path: string, { maxBytes = defaultMaxBytes }: RequestLogOptions = {}): RequestLog {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let file = openSync(path, 'a', 0o600);
  let bytes = fstatSync(file).size;

  function rotate(): void {
    closeSync(file);
    renameSync(path, `${path}.1`);
    file = openSync(path, 'a', 0o600);
    bytes = 0;
  }

  return {
    append(record) {
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      if (bytes > 0 && bytes + line.length > maxBytes) rotate();
      bytes += writeSync(file, line);
    },
    close: () => {
      closeSync(file);
    },
  };
}
