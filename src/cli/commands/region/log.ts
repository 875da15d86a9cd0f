import { Option } from 'commander';
import { parseInteger } from '../../aks/aks-options.ts';
import type { RegisterCommand } from '../../command.ts';
import { outputOption, type OutputFormat } from '../../output.ts';
import { regionFiles } from '../../region-files.ts';
import { followRequestLog, readRequestLog } from '../../request-log/request-log-file.ts';
import { isWanted, type RecordFilter } from '../../request-log/request-record.ts';
import { writeRecordLine, writeRecords } from '../../request-log/request-table.ts';

interface Options {
  readonly follow?: boolean;
  readonly failed?: boolean;
  readonly requestId?: string;
  readonly limit: number;
  readonly output: OutputFormat;
}

const defaultLimit = 50;

/** `segw region log`: reads the region's file, so that it also tells what a region did that does not run any more. */
export const registerLog: RegisterCommand = (program, context) => {
  program
    .command('log')
    .description('show the requests to the local region')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('--failed', 'only requests that were refused')
    .option('--request-id <id>', "only those with this id: x-ms-request-id, correlation id or the client's own")
    .addOption(new Option('--limit <number>', 'at most so many, the newest').argParser(parseInteger).default(defaultLimit))
    .addOption(outputOption())
    .action(async (options: Options) => {
      const { requests } = regionFiles(context().settings);
      const filter: RecordFilter = { failed: options.failed ?? false, id: options.requestId };
      const { records, end } = await readRequestLog(requests);
      const wanted = records.filter((record) => isWanted(record, filter));
      const newest = options.limit === 0 ? [] : wanted.slice(-options.limit);
      const { stdout, signal } = context();
      if (options.follow !== true) {
        writeRecords(stdout, options.output, newest);
        return;
      }
      for (const record of newest) writeRecordLine(stdout, options.output, record);
      for await (const record of followRequestLog(requests, end, signal))
        if (isWanted(record, filter)) writeRecordLine(stdout, options.output, record);
    });
};
