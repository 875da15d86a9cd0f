import type { FeatureFlagPolicy } from './subscription/feature-flags.ts';

/** What an installation can choose about its region. Networks in CIDR form. */
export interface RegionSettings {
  readonly location: string;
  /** Public IP prefixes come out of this network. */
  readonly prefixPool: string;
  /** Single public addresses come out of this network. */
  readonly addressPool: string;
  /** What clients are told to wait between two looks at a long-running operation. Whole seconds. */
  readonly retryAfterSeconds: number;
  /** Items of one page of a list. */
  readonly pageSize: number;
  readonly tokenLifetimeSeconds: number;
  readonly maxBodyBytes: number;
  /** How long a node may take to give its pods away, and a gateway its connections, before its machine goes. A pool may say otherwise. */
  readonly drainLimitMs: number;
  /** The API servers of managed clusters get loopback ports from this one upwards, one each. */
  readonly firstApiPort: number;
  readonly maxClusters: number;
  /** Holds until the installation chooses otherwise. */
  readonly featureFlags: FeatureFlagPolicy;
  /** Further names of the server's certificate. */
  readonly serverNames: readonly string[];
}

export const defaultRegionSettings: RegionSettings = {
  location: 'local',
  prefixPool: '203.0.113.0/24',
  addressPool: '198.51.100.0/24',
  retryAfterSeconds: 1,
  pageSize: 500,
  tokenLifetimeSeconds: 3600,
  maxBodyBytes: 4 * 1024 * 1024,
  drainLimitMs: 120_000,
  firstApiPort: 17_002,
  maxClusters: 14,
  featureFlags: { areNeeded: true, registrationSeconds: 20 },
  serverNames: [],
};
