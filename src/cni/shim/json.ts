/** Deeper than any configuration, and far from what a recursive parser can bear: QuickJS' does not check its stack. */
const maxDepth = 100;

export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object in `text`. Throws where there is none, or one that is nested too deeply. */
export function parseJsonObject(text: string): JsonObject {
  if (isTooDeep(text)) throw new SyntaxError(`nested deeper than ${String(maxDepth)} levels`);
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new SyntaxError('not an object');
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** By hand: a regular expression would need memory for each character of a long string. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString && character === '\\') index += 1;
    else if (character === '"') isInString = !isInString;
    else if (!isInString && (character === '{' || character === '[')) depth += 1;
    else if (!isInString && (character === '}' || character === ']')) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}
