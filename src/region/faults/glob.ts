/** Whether `text` is what `glob` describes, in any case; `*` stands for any characters, also none. */
export function matchesGlob(glob: string, text: string): boolean {
  const pattern = glob.split('*').map((part) => RegExp.escape(part));
  return new RegExp(`^${pattern.join('.*')}$`, 'is').test(text);
}
