const prefix = 'egressgateway-';

/** The name of everything that is made for a configuration: prefix, IP configuration, public address. */
export function egressName(configurationUid: string): string {
  return `${prefix}${configurationUid}`;
}

/** The uid in a name of ours; `undefined` for any other name. */
export function configurationUidOf(name: string): string | undefined {
  return name.toLowerCase().startsWith(prefix) ? name.slice(prefix.length) : undefined;
}
