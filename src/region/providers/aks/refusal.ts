import { ArmError, type ArmErrorDetail } from '../../arm/errors.ts';

/** Why a body is refused: Azure's code, what is wrong and what is allowed, and the wire path. */
export interface Problem extends ArmErrorDetail {
  readonly target: string;
}

/** One line of a table of rules: `undefined` when the facts keep it. */
export type Rule<Facts> = (facts: Facts) => Problem | undefined;

export function problemsOf<Facts>(rules: readonly Rule<Facts>[], facts: Facts): readonly Problem[] {
  return rules.flatMap((rule) => rule(facts) ?? []);
}

/** Throws 400 with the code of the first problem and the messages of all; nothing without a problem. */
export function refuseIfAny(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  throw new ArmError(400, first.code, problems.map(({ message }) => message).join(' '), {
    target: first.target,
    ...(problems.length > 1 ? { details: problems } : {}),
  });
}

/** The words of Azure for a member that is fixed when its resource is made. */
export function changeNotAllowed(target: string, why = ''): Problem {
  return { code: 'PropertyChangeNotAllowed', message: `Changing property '${target}' is not allowed.${why}`, target };
}
