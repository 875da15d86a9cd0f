import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exampleGroup, viewOf } from '../../../test/support/example-scale-set.ts';
import { openDatabase } from '../arm/database.ts';
import { createPrincipalRegistry } from '../arm/principals.ts';
import {
  type AssignedPrincipals,
  checkIdentity,
  ensurePrincipals,
  identitySchema,
  identityToWire,
  mergeIdentity,
  type ResourceIdentity,
  userAssignedIdentityType,
} from './resource-identity.ts';

const idOf = (name: string): string => `${exampleGroup}/providers/${userAssignedIdentityType}/${name}`;
const a = idOf('a');
const b = idOf('b');
const user = (...ids: readonly string[]): ResourceIdentity => ({ type: 'UserAssigned', userAssignedIdentities: ids });
const both: ResourceIdentity = { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: [a] };
const ofA = { clientId: 'ac', principalId: 'ap' };
const system: ResourceIdentity = { type: 'SystemAssigned', userAssignedIdentities: [] };

const merges: readonly {
  readonly name: string;
  readonly request: unknown;
  readonly before?: ResourceIdentity;
  readonly isPatch?: boolean;
  readonly after: ResourceIdentity | undefined;
}[] = [
  { name: 'absent stays as it was', request: undefined, before: both, after: both },
  { name: 'null stays as it was', request: null, before: user(a), after: user(a) },
  { name: 'a type is known in any spelling', request: { type: 'systemassigned' }, after: system },
  {
    name: 'what was read can be written',
    request: { type: 'SystemAssigned,UserAssigned', principalId: 'p', userAssignedIdentities: { [a]: { clientId: 'c' } } },
    after: both,
  },
  {
    name: 'a PUT replaces the list',
    request: { type: 'UserAssigned', userAssignedIdentities: { [b]: {} } },
    before: user(a),
    after: user(b),
  },
  {
    name: 'a PATCH adds to the list',
    request: { type: 'UserAssigned', userAssignedIdentities: { [b]: {} } },
    before: user(a),
    isPatch: true,
    after: user(a, b),
  },
  {
    name: 'null takes one away, in any case',
    request: { type: 'UserAssigned', userAssignedIdentities: { [a.toUpperCase()]: null } },
    before: user(a, b),
    isPatch: true,
    after: user(b),
  },
  {
    name: 'two spellings of one id are one identity',
    request: { type: 'UserAssigned', userAssignedIdentities: { [a]: {}, [a.toUpperCase()]: {} } },
    after: user(a.toUpperCase()),
  },
  { name: 'None takes all away', request: { type: 'None' }, before: both, isPatch: true, after: undefined },
];

const refused: readonly (readonly [name: string, request: object])[] = [
  ['user-assigned without a list', { type: 'UserAssigned' }],
  ['system-assigned with a list', { type: 'SystemAssigned', userAssignedIdentities: { [a]: {} } }],
  ['none with a list', { type: 'None', userAssignedIdentities: { [a]: {} } }],
];

describe('the identity of a resource', () => {
  for (const { name, request, before, isPatch = false, after } of merges)
    it(name, () => {
      assert.deepEqual(mergeIdentity(identitySchema.parse(request), before, { isPatch }), after);
    });

  for (const [name, request] of refused)
    it(`is refused: ${name}`, () => {
      assert.throws(() => mergeIdentity(identitySchema.parse(request), undefined, { isPatch: false }), {
        status: 400,
        target: 'identity.userAssignedIdentities',
      });
    });

  it('of an unknown type is refused', () => {
    assert.equal(identitySchema.safeParse({ type: 'Everybody' }).success, false);
  });

  it('names identities that exist', () => {
    const common = { name: 'a', body: {}, state: {}, etag: 'e', provisioningState: 'Succeeded' } as const;
    const view = viewOf([{ ...common, id: a, type: userAssignedIdentityType }]);
    checkIdentity(view, both, 'set');
    checkIdentity(view, undefined, 'set');
    assert.throws(() => checkIdentity(view, user(a, b), 'set'), { code: 'InvalidResourceReference' });
  });
});

describe('the principals of a resource', () => {
  it('are the same each time, and the own one goes with the wish for it', async () => {
    const principals = createPrincipalRegistry(await openDatabase(':memory:'));
    const ensure = (identity: ResourceIdentity, before?: AssignedPrincipals): AssignedPrincipals =>
      ensurePrincipals({ id: '/Set', identity, before, principalOf: (id) => (id === a ? ofA : undefined) }, principals);
    const first = ensure(both);
    assert.deepEqual(ensure(both, first), first);
    assert.deepEqual(first.userAssigned, [{ resourceId: a, ...ofA }]);
    assert.equal(principals.ensure('/set').objectId, first.systemAssigned?.principalId);
    ensure(user(a), first);
    assert.equal(principals.find(first.systemAssigned?.clientId ?? ''), undefined);
  });

  it('are without that of an identity which has been deleted', async () => {
    const principals = createPrincipalRegistry(await openDatabase(':memory:'));
    const assignment = { id: '/set', identity: user(a), before: undefined, principalOf: () => undefined };
    assert.deepEqual(ensurePrincipals(assignment, principals), { userAssigned: [] });
  });

  it('stand where Azure shows them', () => {
    const assigned = {
      systemAssigned: { clientId: 'sc', principalId: 'sp' },
      userAssigned: [{ resourceId: a.toLowerCase(), clientId: 'ac', principalId: 'ap' }],
    };
    assert.deepEqual(identityToWire(both, assigned, 'tenant'), {
      type: 'SystemAssigned, UserAssigned',
      principalId: 'sp',
      tenantId: 'tenant',
      userAssignedIdentities: { [a]: { principalId: 'ap', clientId: 'ac' } },
    });
    assert.deepEqual(identityToWire(user(a), undefined, 'tenant'), {
      type: 'UserAssigned',
      userAssignedIdentities: { [a]: {} },
    });
  });
});
