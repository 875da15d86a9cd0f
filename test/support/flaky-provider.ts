import { CloudError } from '../../src/cloud/cloud-error.ts';
import type { CloudProvider } from '../../src/cloud/cloud-provider.ts';

interface FlakyOptions {
  /** Share of the calls that fail, in [0, 1]; asked for each call. */
  readonly share: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** A provider whose calls fail by chance: half of them before anything happens, half after it was done, so that nobody hears of it. */
export function flakyProvider(provider: CloudProvider, { share, random }: FlakyOptions): CloudProvider {
  async function perhaps<T>(what: string, call: () => Promise<T>): Promise<T> {
    const fails = random() < share();
    const isLost = random() < 0.5;
    if (fails && !isLost) throw failure(what, random);
    const result = await call();
    if (fails) throw failure(what, random);
    return result;
  }
  return {
    readPool: (...args) => perhaps('read pool', () => provider.readPool(...args)),
    changePool: (...args) => perhaps('change pool', () => provider.changePool(...args)),
    readPrefix: (...args) => perhaps('read prefix', () => provider.readPrefix(...args)),
    ownPrefixId: (uid) => provider.ownPrefixId(uid),
    ensureOwnPrefix: (...args) => perhaps('create prefix', () => provider.ensureOwnPrefix(...args)),
    deleteOwnPrefix: (...args) => perhaps('delete prefix', () => provider.deleteOwnPrefix(...args)),
  };
}

function failure(what: string, random: () => number): CloudError {
  const answer = { what, serviceMessage: 'by chance' };
  const kind = Math.floor(random() * 3);
  if (kind === 0)
    return new CloudError({
      ...answer,
      code: 'CloudThrottled',
      serviceCode: 'TooManyRequests',
      retryable: true,
      retryAfterMs: 50,
    });
  if (kind === 1) return new CloudError({ ...answer, code: 'CloudRequestFailed', serviceCode: 'BadRequest' });
  return new CloudError({ ...answer, code: 'CloudRequestFailed', serviceCode: 'InternalServerError', retryable: true });
}
