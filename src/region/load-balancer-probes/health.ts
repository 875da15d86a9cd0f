/** What a probe knows of a member. */
export interface Health {
  readonly isUp: boolean;
  /** Results in a row that say otherwise. */
  readonly contradictions: number;
}

/** Of a new member: nothing is sent to one that has not answered yet. */
export const unknownHealth: Health = { isUp: false, contradictions: 0 };

/** Of a member that may have been answering before anybody looked. */
export const presumedHealth: Health = { isUp: true, contradictions: 0 };

/** After one more result: `threshold` contradictions in a row turn it. */
export function healthAfter({ isUp, contradictions }: Health, hasAnswered: boolean, threshold: number): Health {
  if (hasAnswered === isUp) return { isUp, contradictions: 0 };
  return contradictions + 1 >= threshold
    ? { isUp: hasAnswered, contradictions: 0 }
    : { isUp, contradictions: contradictions + 1 };
}
