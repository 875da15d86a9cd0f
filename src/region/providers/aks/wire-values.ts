import { z } from 'zod';
import type { JsonObject } from '../../arm/resource.ts';

/** A word of a list, in any case. Absent, null and `""` are `undefined`: az sends empty strings where the server chooses. */
export function wordOf<const Word extends string>(words: readonly Word[]): z.ZodType<Word | undefined> {
  return z
    .string()
    .nullish()
    .transform((text, context) => {
      if (text === undefined || text === null || text === '') return undefined;
      const word = words.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
      if (word === undefined)
        context.addIssue({ code: 'custom', message: `"${text}" is not allowed; allowed: ${words.join(', ')}` });
      return word;
    });
}

/** Text; absent, null and `""` are `undefined`. */
export const optionalText = z
  .string()
  .max(1024)
  .nullish()
  .transform((text) => (text === null || text === '' ? undefined : text));

export const optionalFlag = z
  .boolean()
  .nullish()
  .transform((flag) => flag ?? undefined);

export const optionalInteger = z
  .int()
  .nullish()
  .transform((number) => number ?? undefined);

export const optionalTexts = z
  .array(z.string().max(1024))
  .max(100)
  .nullish()
  .transform((texts) => texts ?? undefined);

export const optionalTextMap = z
  .record(z.string().min(1).max(512), z.string().max(256))
  .nullish()
  .transform((map) => map ?? undefined);

/** Kept and shown again as it came: nothing here depends on it. */
export const optionalObject: z.ZodType<JsonObject | undefined> = z
  .record(z.string(), z.json())
  .nullish()
  .transform((object) => object ?? undefined);
