/** The program of a thread, which lies beside that of its process: as source, or as the bundle of an image. */
export function threadProgram(name: string): URL {
  return new URL(`${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.mjs'}`, import.meta.url);
}
