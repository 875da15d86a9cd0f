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
  return lastWordsIn(log) ?? new SegwError('RegionFailed', `the region ended:\n${linesOf(log).slice(-quotedLines).join('\n')}`);
}

/** What the daemon said when it could not start; `undefined` when the log ends otherwise. */
export function lastWordsIn(log: string): SegwError | undefined {
  const { success, data } = lastWords.safeParse(parseJson(linesOf(log).at(-1) ?? ''));
  return success ? new SegwError(data.code, data.msg, { remedy: data.remedy }) : undefined;
}

function linesOf(log: string): readonly string[] {
  return log.trim().split('\n');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
