import { errorCodes } from '../../base/error-codes.ts';
import { generatedNote, markdownTable } from './markdown.ts';

/** `docs/errors.md`: every error code of the product. */
export function errorsDocument(): string {
  const rows = Object.entries(errorCodes).map(([code, { means, remedy }]) => [`\`${code}\``, means, remedy] as const);
  return [
    generatedNote,
    '# Errors',
    'Every error says what we were doing, why it failed, and what to do. Its code is one of these.',
    markdownTable(
      ['code', 'meaning', 'what to do'],
      rows.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ),
    '',
  ].join('\n\n');
}
