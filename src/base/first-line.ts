/** What a text of several lines begins with, for where there is room for one. */
export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
