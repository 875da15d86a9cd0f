import type { Rule } from '../../dataplane/host-state.ts';
import { protocols } from '../netlink/routes.ts';
import { deleteRules, ensureRules, listRules } from '../netlink/rules.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';

/** The rules of this preference that look at nothing but marks. */
export function observeRules(socket: NetlinkSocket, preference: number): Rule[] {
  return listRules(socket)
    .filter((rule) => rule.preference === preference && rule.inputInterface === undefined)
    .map(({ table, mark = 0, mask = 0 }) => ({ preference, mark, mask, table }));
}

export function ensureRule(socket: NetlinkSocket, rule: Rule): void {
  ensureRules(socket, [{ ...rule, protocol: protocols.kernel }]);
}

/** Whoever wrote it. */
export function removeRule(socket: NetlinkSocket, rule: Rule): void {
  deleteRules(socket, [rule]);
}
