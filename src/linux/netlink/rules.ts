import { definedOnly } from '../../base/defined.ts';
import { Attributes, text, u32, u8 } from './attributes.ts';
import { NLM_F, type NetlinkMessage } from './message.ts';
import type { NetlinkSocket } from './socket.ts';

/** An IPv4 policy rule that looks a table up. */
export interface Rule {
  /** The smallest is asked first; `local` is 0, `main` 32766. */
  readonly preference: number;
  readonly table: number;
  /** Packets whose mark, masked, is this. */
  readonly mark?: number;
  /** Default: all bits, when there is a mark. */
  readonly mask?: number;
  readonly inputInterface?: string;
  /** Who wrote it (`protocols` of routes). systemd-networkd removes all at its restart but `kernel`. */
  readonly protocol?: number;
}

const RTM = { newRule: 32, deleteRule: 33, getRule: 34 } as const;

/** linux/fib_rules.h */
const FRA = { inputInterface: 3, preference: 6, mark: 10, table: 15, mask: 16, protocol: 21 } as const;
const FR_ACT_TO_TBL = 1;
const AF_INET = 2;
const headerLength = 12;

/**
 * Adds the rules that are not there exactly like this, protocol included. (The kernel's own check for doubles ignores the protocol, so
 * it would take somebody else's rule for ours.)
 */
export function ensureRules(socket: NetlinkSocket, rules: readonly Rule[]): void {
  const present = new Set(listRules(socket).map(formatRule));
  const missing = rules.filter((rule) => !present.has(formatRule(rule)));
  socket.execute(
    missing.map((rule) => ({
      doing: `add rule ${formatRule(rule)}`,
      type: RTM.newRule,
      flags: NLM_F.create,
      payload: encodeRule(rule),
    })),
  );
}

/** Rules that are gone already are fine. What a rule leaves open matches anything. */
export function deleteRules(socket: NetlinkSocket, rules: readonly Rule[]): void {
  const requests = rules.map((rule) => ({
    doing: `delete rule ${formatRule(rule)}`,
    type: RTM.deleteRule,
    payload: encodeRule(rule),
  }));
  socket.execute(requests, { tolerate: ['ENOENT'] });
}

/** The rules that look tables up, the kernel's own three included, in the order in which they are asked. */
export function listRules(socket: NetlinkSocket): Rule[] {
  return socket
    .dump({ doing: 'list rules', type: RTM.getRule, payload: [header()] })
    .filter(({ payload }) => payload.readUInt8(7) === FR_ACT_TO_TBL)
    .map(decodeRule);
}

export function encodeRule(rule: Rule): Buffer[] {
  return [
    header(FR_ACT_TO_TBL),
    u32(FRA.preference, rule.preference),
    u32(FRA.table, rule.table),
    u32(FRA.mark, rule.mark),
    u32(FRA.mask, maskOf(rule)),
    text(FRA.inputInterface, rule.inputInterface),
    u8(FRA.protocol, rule.protocol),
  ];
}

export function decodeRule({ payload }: Pick<NetlinkMessage, 'payload'>): Rule {
  const attributes = new Attributes(payload.subarray(headerLength));
  return {
    preference: attributes.u32(FRA.preference) ?? 0,
    table: attributes.u32(FRA.table) ?? payload.readUInt8(4),
    ...definedOnly({
      mark: attributes.u32(FRA.mark),
      mask: attributes.u32(FRA.mask),
      inputInterface: attributes.text(FRA.inputInterface),
      protocol: attributes.u8(FRA.protocol),
    }),
  };
}

/** struct fib_rule_hdr; the table is in its attribute. */
function header(action = 0): Buffer {
  const encoded = Buffer.alloc(headerLength);
  encoded.writeUInt8(AF_INET, 0);
  encoded.writeUInt8(action, 7);
  return encoded;
}

function maskOf({ mark, mask }: Rule): number | undefined {
  return mask ?? (mark === undefined ? undefined : 0xffff_ffff);
}

function formatRule(rule: Rule): string {
  const { preference, table, mark, inputInterface, protocol = 0 } = rule;
  const marked = mark === undefined ? '' : ` fwmark 0x${mark.toString(16)}/0x${(maskOf(rule) ?? 0).toString(16)}`;
  const from = inputInterface === undefined ? '' : ` iif ${inputInterface}`;
  return `${String(preference)}:${marked}${from} lookup ${String(table)} proto ${String(protocol)}`;
}
