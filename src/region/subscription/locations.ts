import type { JsonObject } from '../arm/resource.ts';

/** Name, what users read, and the part of the world. A resource may be in any of them: they are names of one place. */
const publicLocations: readonly (readonly [name: string, displayName: string, geographyGroup: string])[] = [
  ['australiaeast', 'Australia East', 'Asia Pacific'],
  ['brazilsouth', 'Brazil South', 'South America'],
  ['centralus', 'Central US', 'US'],
  ['eastus', 'East US', 'US'],
  ['eastus2', 'East US 2', 'US'],
  ['francecentral', 'France Central', 'Europe'],
  ['germanywestcentral', 'Germany West Central', 'Europe'],
  ['japaneast', 'Japan East', 'Asia Pacific'],
  ['japanwest', 'Japan West', 'Asia Pacific'],
  ['northeurope', 'North Europe', 'Europe'],
  ['southeastasia', 'Southeast Asia', 'Asia Pacific'],
  ['uksouth', 'UK South', 'Europe'],
  ['westeurope', 'West Europe', 'Europe'],
  ['westus', 'West US', 'US'],
  ['westus2', 'West US 2', 'US'],
  ['westus3', 'West US 3', 'US'],
];

/** `GET /subscriptions/S/locations`: the installation's own location first. `subscription`: `/subscriptions/S`. */
export function listLocations(subscription: string, ownLocation: string): readonly JsonObject[] {
  const own = publicLocations.some(([name]) => name === ownLocation) ? [] : ([[ownLocation, ownLocation, 'Local']] as const);
  return [...own, ...publicLocations].map(([name, displayName, geographyGroup]) => ({
    id: `${subscription}/locations/${name}`,
    name,
    type: 'Region',
    displayName,
    regionalDisplayName: `(${geographyGroup}) ${displayName}`,
    metadata: { regionType: 'Physical', regionCategory: 'Recommended', geographyGroup },
  }));
}
