import { readInternetArrivals, type InternetArrivals } from '../../src/cli/bench/traffic/internet-arrivals.ts';
import { settings } from './installation.ts';

/** What the internet host saw since the region came up; its own kernel counted. */
export async function readInternetCounters(): Promise<InternetArrivals> {
  return readInternetArrivals({ settings, signal: new AbortController().signal });
}
