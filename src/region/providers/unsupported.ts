import { z } from 'zod';

/** Code of a refusal of what Azure can do and this region cannot. */
export const notSupportedCode = 'NotSupportedInThisRegion';

/**
 * A member that the region knows and cannot honour: whoever leaves it out, or says that he does not want it (null, false, empty, or an
 * object of such), is served; anything else is refused with the reason. It is not kept.
 */
export function unsupported(reason: string): z.ZodOptional<z.ZodPipe<z.ZodUnknown, z.ZodTransform<undefined>>> {
  return z
    .unknown()
    .refine(saysNothing, refusal(`is not supported: ${reason}`))
    .transform(() => undefined)
    .optional();
}

/** One of Azure's values of which the region has some. Any other is refused with the reason. */
export function only<const Value extends string>(values: readonly Value[], reason: string): z.ZodCustom<Value> {
  return z.custom<Value>((given) => values.some((value) => value === given), refusal(reason));
}

/** For `refine`. */
export function refusal(reason: string): { readonly error: string; readonly params: Readonly<Record<string, string>> } {
  return { error: reason, params: { code: notSupportedCode } };
}

function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(saysNothing);
}
