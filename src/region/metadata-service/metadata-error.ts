import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { JsonObject } from '../arm/resource.ts';

/** An error that a client of the metadata service sees: status and body. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError';
  readonly status: ContentfulStatusCode;
  readonly body: JsonObject;

  constructor(status: ContentfulStatusCode, body: JsonObject) {
    super(`${String(status)} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

/** Which part of the service is asked; each has its own form of errors and its own limit of requests. */
export type MetadataCategory = 'identity' | 'other';

/** 400. Identity answers as OAuth does (RFC 6749 section 5.2), everything else with one text. */
export function badRequest(category: MetadataCategory, reason: string): MetadataError {
  return category === 'identity'
    ? new MetadataError(400, { error: 'invalid_request', error_description: reason })
    : new MetadataError(400, { error: `Bad request. ${reason}` });
}
