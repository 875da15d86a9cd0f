import { type Command, InvalidArgumentError, Option } from 'commander';
import { inStep } from '../../../base/progress.ts';
import { parseInteger } from '../../aks/aks-options.ts';
import { callLocal } from '../../aks/local-request.ts';
import type { RegisterCommand } from '../../command.ts';
import { parseFault, writeFaults } from '../../fault/fault-table.ts';
import { outputOption, type OutputFormat } from '../../output.ts';
import { createProgress } from '../../progress.ts';

/** One kind of fault: its arguments and flags are the members of what the region is asked for. */
interface FaultCommand {
  readonly kind: string;
  readonly description: string;
  /** `<name>` as commander has it, and what reads the text. */
  readonly arguments?: readonly (readonly [syntax: string, description: string, parse?: (text: string) => unknown])[];
  readonly options?: readonly (() => Option)[];
}

const selection: readonly (() => Option)[] = [
  () => new Option('--type <glob>', 'only this resource type, such as publicIPPrefixes or "Microsoft.Compute/*"'),
  () => new Option('--verb <verb>', 'only this').choices(['read', 'write', 'delete', 'action']),
  () => new Option('--count <number|all>', 'how often; all: until it is cleared (default: 1)').argParser(parseCount),
];
const duration = ['<durationMs>', 'milliseconds', parseInteger] as const;
const places = 'an instance (computer name, * for any characters), internet, onprem, azure or any';

/** Adding a kind = one row, and its row in the region's schema (src/region/faults/fault.ts). */
const kinds: readonly FaultCommand[] = [
  {
    kind: 'throttle',
    description: 'refuse requests with 429 and Retry-After',
    options: [
      ...selection,
      () => new Option('--retry-after-seconds <seconds>', 'what the answer asks for (default: 5)').argParser(parseInteger),
    ],
  },
  {
    kind: 'fail',
    description: 'refuse requests with an error; nothing is done',
    options: [
      ...selection,
      () => new Option('--status <number>', 'HTTP status, 400 to 599 (default: 500)').argParser(parseInteger),
      () => new Option('--code <code>', 'error code (default: InternalServerError)'),
      () => new Option('--message <text>', "the error's text"),
    ],
  },
  { kind: 'delay', description: 'let requests wait before anything is done', arguments: [duration], options: selection },
  { kind: 'lose-answer', description: 'do the work, then cut the connection instead of answering', options: selection },
  {
    kind: 'fail-operation',
    description: 'let long-running operations fail before they do anything',
    options: [...selection, () => new Option('--code <code>', 'error code (default: InternalExecutionError)')],
  },
  {
    kind: 'delay-operation',
    description: 'let long-running operations wait before they do anything',
    arguments: [duration],
    options: selection,
  },
  {
    kind: 'exhaust',
    description: 'let a public IP prefix have no free address',
    arguments: [['<prefix>', 'its name or id, * for any characters']],
  },
  {
    kind: 'partition',
    description: 'let nothing pass between two places, in either direction',
    arguments: [
      ['<from>', places],
      ['<to>', places],
    ],
  },
  {
    kind: 'loss',
    description: 'lose a share of the packets between two places, in either direction',
    arguments: [
      ['<percent>', 'more than 0, up to 100', parsePercent],
      ['[from]', places],
      ['[to]', places],
    ],
  },
  {
    kind: 'power-off',
    description: 'cut the power of an instance; clearing the fault starts it',
    arguments: [['<instance>', 'its computer name']],
  },
  {
    kind: 'maintenance',
    description: 'announce a maintenance of an instance at its metadata service (scheduled events)',
    arguments: [['<instance>', 'its computer name']],
    options: [
      () => new Option('--event <event>', 'default: Reboot').choices(['Freeze', 'Reboot', 'Redeploy', 'Preempt', 'Terminate']),
      () => new Option('--notice-seconds <seconds>', 'until it begins (default: as Azure has it)').argParser(parseInteger),
    ],
  },
];

type Options = { readonly output: OutputFormat } & Readonly<Record<string, unknown>>;

/** `segw fault add KIND ...`: prints the fault; its id ends it again. */
export const registerAdd: RegisterCommand = (program, context) => {
  const add = program.command('add').description('let something fail; each kind explains itself with --help');
  for (const row of kinds) {
    const command = add.command(row.kind).description(row.description);
    for (const [syntax, description, parse] of row.arguments ?? []) addArgument(command, { syntax, description, parse });
    for (const option of row.options ?? []) command.addOption(option());
    command.addOption(outputOption()).action(async () => {
      const running = context();
      const { output, ...flags } = command.opts<Options>();
      const names = command.registeredArguments.map((argument) => argument.name());
      const values = Object.fromEntries(names.map((name, index) => [name, command.processedArgs[index] as unknown]));
      const body = { kind: row.kind, ...values, ...flags };
      const answer = await inStep(createProgress(running.stderr), `add fault ${row.kind}`, () =>
        callLocal(running, { method: 'POST', path: '/local/faults', body }),
      );
      writeFaults(running.stdout, output, [parseFault(answer)]);
    });
  }
};

interface ArgumentRow {
  readonly syntax: string;
  readonly description: string;
  readonly parse: ((text: string) => unknown) | undefined;
}

function addArgument(command: Command, { syntax, description, parse }: ArgumentRow): void {
  if (parse === undefined) command.argument(syntax, description);
  else command.argument(syntax, description, parse);
}

function parseCount(text: string): number | 'all' {
  if (text === 'all') return text;
  const count = parseInteger(text);
  if (count === 0) throw new InvalidArgumentError('A number from 1, or all.');
  return count;
}

function parsePercent(text: string): number {
  const percent = Number(text.replace(/%$/, ''));
  if (Number.isNaN(percent) || percent <= 0 || percent > 100) throw new InvalidArgumentError('A number above 0, up to 100.');
  return percent;
}
