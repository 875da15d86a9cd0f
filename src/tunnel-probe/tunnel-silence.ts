/** Milliseconds, unless said otherwise. Source: dataplane reference, section 8, rule 4. */
export interface SilenceSettings {
  /** From one probe to the next. */
  readonly interval: number;
  /** After so much silence more is asked: `hurriedInterval` from one probe to the next. */
  readonly hurriesAfter: number;
  readonly hurriedInterval: number;
  /** So much silence is the end of the tunnel. */
  readonly limit: number;
  /** Time that a prober was late by is not silence: it did not ask. More than so much of each interval does not count. */
  readonly late: number;
  /** So many replies in a row bring a silent tunnel back. */
  readonly returns: number;
}

export const defaultSilenceSettings: SilenceSettings = {
  interval: 1000,
  hurriesAfter: 5000,
  hurriedInterval: 250,
  limit: 10_000,
  late: 100,
  returns: 3,
};

/** What probes inside a tunnel say of it. Times are of one monotonic clock, in milliseconds. */
export interface TunnelHearing {
  readonly isSilent: boolean;
  /** Silence up to `askedMs`, the last probe. */
  readonly silentMs: number;
  readonly askedMs: number;
  /** When `ask` is to be called. */
  readonly dueMs: number;
  /** Replies since it went silent, without a probe between them that had none. */
  readonly repliesInRow: number;
  readonly isAnswered: boolean;
}

export function firstHearing(nowMs: number): TunnelHearing {
  return { isSilent: false, silentMs: 0, askedMs: nowMs, dueMs: nowMs, repliesInRow: 0, isAnswered: true };
}

/** The time has come that `dueMs` says, or has passed: the next probe goes out now. */
export function ask(hearing: TunnelHearing, nowMs: number, settings: SilenceSettings = defaultSilenceSettings): TunnelHearing {
  const { askedMs, dueMs, isAnswered } = hearing;
  const askedForMs = Math.min(nowMs, dueMs + settings.late) - askedMs;
  const silentMs = isAnswered ? 0 : hearing.silentMs + askedForMs;
  return {
    isSilent: hearing.isSilent || silentMs >= settings.limit,
    silentMs,
    askedMs: nowMs,
    dueMs: nowMs + (silentMs >= settings.hurriesAfter ? settings.hurriedInterval : settings.interval),
    repliesInRow: isAnswered ? hearing.repliesInRow : 0,
    isAnswered: false,
  };
}

/** Something came out of the tunnel that only the gateway can have sent: a signed reply, or the refusal of its kernel. */
export function heard(hearing: TunnelHearing, settings: SilenceSettings = defaultSilenceSettings): TunnelHearing {
  if (hearing.isAnswered) return hearing;
  const repliesInRow = hearing.repliesInRow + 1;
  const isSilent = hearing.isSilent && repliesInRow < settings.returns;
  return { ...hearing, isSilent, silentMs: 0, repliesInRow: isSilent ? repliesInRow : 0, isAnswered: true };
}
