/** Part of a role: what it allows, less what it takes away again. Wildcards are allowed in both. */
export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** Whether these permissions allow an action, in any case of letters. Compiled once, asked often. */
export function compilePermissions(permissions: readonly Permission[]): (action: string) => boolean {
  const compiled = permissions.map(({ actions, notActions }) => ({
    actions: actions.map(toPattern),
    notActions: notActions.map(toPattern),
  }));
  return (action) =>
    compiled.some(
      ({ actions, notActions }) =>
        actions.some((pattern) => pattern.test(action)) && !notActions.some((pattern) => pattern.test(action)),
    );
}

/**
 * An asterisk stands for anything, slashes included; one that is a whole segment may also stand for no segment: that is how Azure's role
 * Managed Identity Operator allows `userAssignedIdentities/assign/action`.
 */
function toPattern(action: string): RegExp {
  const pattern = RegExp.escape(action.replaceAll('/*/', '/\u0000'))
    .replaceAll('\u0000', '(?:.*/)?')
    .replaceAll(String.raw`\*`, '.*');
  return new RegExp(`^${pattern}$`, 'is');
}
