import type { Context } from 'hono';
import { ArmError, toErrorBody } from './errors.ts';
import type { Operation } from './operations.ts';
import { originOf } from './origin.ts';
import type { ResourceManager } from './resource-manager.ts';
import type { JsonObject } from './resource.ts';

interface OperationOptions {
  readonly manager: ResourceManager;
  readonly location: string;
  readonly retryAfterSeconds: number;
}

interface OperationTarget {
  readonly operationId: string;
  readonly form: 'status' | 'result';
}

const pathWords = { status: 'operations', result: 'operationResults' } as const;

/**
 * The headers that tell a client where to follow an operation: `Azure-AsyncOperation` (status) and, if asked, `Location` (result).
 * Without `Retry-After`, az waits 30 s between two looks.
 */
export function operationHeaders(
  c: Context,
  { location, retryAfterSeconds }: OperationOptions,
  operation: Operation,
  forms: readonly ('status' | 'result')[],
): Readonly<Record<string, string>> {
  const [, , subscription = ''] = operation.resourceId.split('/');
  const namespace = operation.resourceType.split('/')[0] ?? '';
  const version = c.req.query('api-version') ?? '';
  const urlOf = (form: 'status' | 'result'): string =>
    `${originOf(c)}/subscriptions/${subscription}/providers/${namespace}/locations/${location}/${pathWords[form]}/${operation.id}?api-version=${version}`;
  return {
    'Retry-After': String(retryAfterSeconds),
    ...(forms.includes('status') ? { 'Azure-AsyncOperation': urlOf('status') } : {}),
    ...(forms.includes('result') ? { Location: urlOf('result') } : {}),
  };
}

/** GET of an operation: its status (always 200), or its result (202 while it runs, then the resource, 204, or its error). */
export function answerOperation(c: Context, options: OperationOptions, { operationId, form }: OperationTarget): Response {
  const operation = options.manager.operation(operationId);
  if (operation === undefined) throw new ArmError(404, 'NotFound', `The operation '${operationId}' was not found.`);
  if (c.req.method !== 'GET')
    throw new ArmError(405, 'MethodNotAllowed', `The method ${c.req.method} is not supported for an operation.`);
  if (operation.status === 'InProgress') c.header('Retry-After', String(options.retryAfterSeconds));
  return form === 'status' ? c.json(toStatus(c, operation)) : answerResult(c, options, operation);
}

function toStatus(c: Context, operation: Operation): JsonObject {
  const { id, status, startTime, endTime, error } = operation;
  return {
    id: c.req.path,
    name: id,
    status,
    startTime,
    ...(endTime === undefined ? {} : { endTime }),
    ...(error === undefined ? {} : { error: { ...error, details: error.details?.map((detail) => ({ ...detail })) } }),
  };
}

function answerResult(c: Context, options: OperationOptions, operation: Operation): Response {
  const { status, error, task, resourceId } = operation;
  if (status === 'InProgress') {
    const { Location: location = '' } = operationHeaders(c, options, operation, ['result']);
    c.header('Location', location);
    return c.body(null, 202);
  }
  if (error !== undefined) {
    const failure = new ArmError(409, error.code, error.message, { details: error.details ?? [] });
    return c.json(toErrorBody(failure, 'arm'), 409);
  }
  const resource = options.manager.store.get(resourceId);
  // The compute client takes no 204 for the end of an action.
  if (task.kind === 'action') return c.body(null, 200);
  if (resource === undefined) return c.body(null, 204);
  return c.json(options.manager.toWire(resource));
}
