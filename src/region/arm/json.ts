import { z } from 'zod';
import type { JsonObject } from './resource.ts';

/** Text that holds JSON of this schema. */
export function json<Schema extends z.ZodType>(schema: Schema): z.ZodPipe<z.ZodTransform<unknown, string>, Schema> {
  return z.transform((text: string): unknown => JSON.parse(text)).pipe(schema);
}

/** The value as JSON has it: members that are `undefined` are gone. */
export function plainJson(value: object): JsonObject {
  const plain: JsonObject = JSON.parse(JSON.stringify(value));
  return plain;
}
