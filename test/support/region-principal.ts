import type { TokenCredential } from '@azure/identity';
import type { Principal } from '../../src/region/arm/principals.ts';
import type { Answer, RegionServer } from './region-server.ts';

/** Somebody beside the installation's own principal; has no role until it is given one. */
export interface RegionPrincipal extends Principal {
  readonly credential: TokenCredential;
  /** Gives the role (its GUID) at a scope. */
  grant(role: string, scope: string): void;
  revoke(role: string, scope: string): void;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
}

export function principalOf(server: RegionServer, displayName: string): RegionPrincipal {
  const { principals, assignments } = server.region.world;
  const principal = principals.ensure(displayName);
  const principalId = principal.objectId;
  const token = async (): Promise<string> =>
    (await server.region.tokens.issue(principal, 'https://management.azure.com')).accessToken;
  return {
    ...principal,
    credential: { getToken: async () => ({ token: await token(), expiresOnTimestamp: Date.now() + 3_600_000 }) },
    grant: (role, scope) => {
      assignments.ensure({ principalId, role, scope });
    },
    revoke: (role, scope) => {
      assignments.revoke({ principalId, role, scope });
    },
    call: async (method, path, body) => server.call(method, path, body, { authorization: `Bearer ${await token()}` }),
  };
}

/** GUIDs of Azure's built-in roles. */
export const roles = {
  owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  networkContributor: '4d97b98b-1d4f-4787-a291-c67834d212e7',
  virtualMachineContributor: '9980e02c-c2be-4d73-94e8-173b1dc7cf3c',
} as const;
