import { z } from 'zod';
import { errorCodes, type ErrorCode } from '../base/error-codes.ts';
import { SegwError } from '../base/error.ts';

const quotedLines = 8;

/** How the daemon's last words look in its log (JSON lines). */
const lastWords = z.object({
  level: z.literal(60),
  code: z.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(errorCodes, code)),
  msg: z.string(),
  remedy: z.string(),
});

/** Why the daemon ended, from its log: in its own words when it had time for them, else `RegionFailed` with the last lines. */
export function toRegionFailure(log: string): SegwError {
  const lines = log.trim().split('\n');
  const said = lastWords.safeParse(parseJson(lines.at(-1) ?? ''));
  if (said.success) return new SegwError(said.data.code, said.data.msg, { remedy: said.data.remedy });
  return new SegwError('RegionFailed', `the region ended:\n${lines.slice(-quotedLines).join('\n')}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
