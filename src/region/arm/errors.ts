import type { z } from 'zod';
import { SegwError } from '../../base/error.ts';
import type { JsonObject } from './resource.ts';

export type ErrorShape = 'arm' | 'flat';

export interface ArmErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly target?: string | undefined;
}

interface ArmErrorOptions {
  readonly target?: string;
  readonly details?: readonly ArmErrorDetail[];
  readonly cause?: unknown;
  /** The answer's `Retry-After`. Default: what the region asks for, where a retry can help. */
  readonly retryAfterSeconds?: number;
}

/** An error that a client of the API sees: the HTTP status and Azure's own code. */
export class ArmError extends Error {
  override readonly name = 'ArmError';
  readonly status: number;
  readonly code: string;
  readonly target: string | undefined;
  readonly details: readonly ArmErrorDetail[];
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, message: string, options: ArmErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.target = options.target;
    this.details = options.details ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The answer's body. `flat` is how the Kubernetes service answers; everybody else nests under `error`. */
export function toErrorBody(error: ArmError, shape: ErrorShape): JsonObject {
  const { code, message, target } = error;
  const details = error.details.map((detail) => ({ ...detail }));
  if (shape === 'flat')
    return {
      code,
      details: details.length === 0 ? null : details,
      message,
      subcode: '',
      ...(target === undefined ? {} : { target }),
    };
  return {
    error: { code, message, ...(target === undefined ? {} : { target }), ...(details.length === 0 ? {} : { details }) },
  };
}

/** Whatever was thrown, as the API tells it. What is nobody's fault but ours becomes 500 without its text. */
export function toArmError(thrown: unknown): ArmError {
  if (thrown instanceof ArmError) return thrown;
  if (thrown instanceof SegwError && thrown.code === 'InvalidInput')
    return new ArmError(400, 'InvalidParameter', thrown.message, { cause: thrown });
  if (thrown instanceof SegwError && thrown.code !== 'Internal')
    return new ArmError(500, thrown.code, thrown.message, { cause: thrown });
  return new ArmError(500, 'InternalServerError', 'The region met an internal error; its log has the cause.', { cause: thrown });
}

/**
 * The body as the schema's type. Throws 400 with every problem: one stands in `message` and `target`, several also in `details`.
 * Targets are wire paths such as `properties.prefixLength`. An issue's own code (`params.code`) stands instead of `code`.
 */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown, code = 'InvalidParameter'): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const details = result.error.issues.map((issue) => {
    const target = issue.path.map(String).join('.');
    return { code: codeOf(issue) ?? code, message: target === '' ? issue.message : `${target}: ${issue.message}`, target };
  });
  const first = details[0];
  const message = details.map((detail) => detail.message).join('; ');
  throw new ArmError(400, first?.code ?? code, message, {
    ...(first === undefined ? {} : { target: first.target }),
    ...(details.length > 1 ? { details } : {}),
  });
}

function codeOf(issue: z.core.$ZodIssue): string | undefined {
  const own: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  return typeof own === 'string' ? own : undefined;
}
