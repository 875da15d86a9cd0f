import { conditionReasons, conditionTypes } from '../conditions.ts';
import { generatedNote, markdownTable } from './markdown.ts';

const typeMeanings: Record<(typeof conditionTypes)[number], string> = {
  Ready: 'Sums up: pods that name the configuration are served.',
  Accepted: 'The specification is sound, and what it names exists, fits and may be used.',
  CloudReady: 'Prefix and IP configurations are in place.',
  GatewaysReady: 'The gateway nodes have programmed it.',
};

/** `docs/reference/conditions.md`: the conditions of a StaticGatewayConfiguration and every reason. */
export function conditionsDocument(): string {
  return [
    generatedNote,
    '# Conditions of a StaticGatewayConfiguration',
    'Read them in this order; `Ready` takes over the reason of the first one that does not hold.',
    markdownTable(
      ['condition', 'True means'],
      conditionTypes.map((type) => [`\`${type}\``, typeMeanings[type]]),
    ),
    '## Reasons',
    markdownTable(
      ['reason', 'in', 'status', 'meaning', 'what to do'],
      Object.entries(conditionReasons).map(([reason, row]) => [
        `\`${reason}\``,
        row.types.join(', '),
        row.status,
        row.means,
        row.remedy,
      ]),
    ),
    '',
  ].join('\n\n');
}
