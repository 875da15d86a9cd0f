type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The same object without the members that are `undefined`: what `exactOptionalPropertyTypes` wants at the border to a library. */
export function definedOnly<T extends object>(value: T): Defined<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries cannot say which members the filter kept
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}
