import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArmError } from '../arm/errors.ts';
import { type FilteredResource, parseResourceFilter } from './resource-filter.ts';

const prefix: FilteredResource = {
  name: 'egress-1',
  type: 'Microsoft.Network/publicIPPrefixes',
  resourceGroup: 'rg',
  location: 'westus',
  provisioningState: 'Succeeded',
  tags: { team: 'net', Stage: "it's" },
};

const cases: readonly (readonly [string, boolean])[] = [
  ["name eq 'EGRESS-1'", true],
  ["name ne 'egress-1'", false],
  ["resourceType eq 'microsoft.network/publicipprefixes'", true],
  ["RESOURCETYPE EQ 'Microsoft.Network/virtualNetworks'", false],
  ["resourceGroup eq 'rg' and name eq 'egress-1'", true],
  ["resourceGroup eq 'other' and name eq 'egress-1'", false],
  ["resourceGroup eq 'other' or name eq 'egress-1'", true],
  ["(resourceGroup eq 'other' or name eq 'egress-1') and location eq 'West US'", true],
  ["substringof('gress', name)", true],
  ["substringof('ingress', name)", false],
  ["tagName eq 'team'", true],
  ["tagname eq 'team' and tagvalue eq 'net'", true],
  ["tagName eq 'team' and tagValue eq 'NET'", false],
  ["tagName eq 'team' and name eq 'egress-1'", true],
  ["tagName eq 'stage' and tagValue eq 'it''s'", true],
  ["startswith(tagName, 'Te')", true],
  ["startswith(tagName, 'x')", false],
  ["provisioningState eq 'Succeeded'", true],
];

for (const [filter, expected] of cases) {
  test(`${filter} is ${String(expected)}`, () => {
    assert.equal(parseResourceFilter(filter)(prefix), expected);
  });
}

const wrong = [
  '',
  'name',
  'name eq',
  "name like 'a'",
  "name eq 'a",
  "plan eq 'a'",
  "(name eq 'a'",
  "name eq 'a' name eq 'b'",
  "tagValue eq 'a'",
];

for (const filter of wrong) {
  test(`"${filter}" is no filter`, () => {
    assert.throws(
      () => parseResourceFilter(filter),
      (error) => error instanceof ArmError && error.status === 400 && error.code === 'InvalidFilterInQueryString',
    );
  });
}
