import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import type { Api } from './api.ts';
import { absolutePath, countArgument, pastArgument } from './arguments.ts';
import { withQuery } from './client.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { saveAnswer } from './save.ts';
import { printable, tableText } from './text.ts';
import type { Column } from './text.ts';

type Line = Readonly<Record<string, unknown>>;
type Report = {
  readonly from: string;
  readonly to: string;
  readonly items: readonly Line[];
  readonly rowsLookedAt: number;
  readonly totals: Readonly<Record<string, number>>;
};

const rowsShown = 200;
const weekMs = 7 * 24 * 60 * 60_000;

/** What a terminal has room for; the other forms have every column. */
const reports = {
  access: {
    description: 'logins, and files sent and collected, by agency and user',
    columns: [
      text('AGENCY', 'agency'),
      text('USER', 'user'),
      number('LOGINS', 'logins'),
      number('SENT', 'filesSent'),
      size('BYTES', 'bytesSent'),
      number('COLLECTED', 'filesCollected'),
      size('BYTES', 'bytesCollected'),
      number('BROKEN OFF', 'brokenOff'),
      time('LAST', 'lastAt'),
    ],
  },
  'refused-logins': {
    description: 'refused logins by the claimed user, the reason and the address',
    columns: [
      text('CLAIMED USER', 'username'),
      text('AGENCY', 'agency'),
      text('REASON', 'reason'),
      text('ADDRESS', 'source'),
      number('LOGINS', 'logins'),
      time('FIRST', 'firstAt'),
      time('LAST', 'lastAt'),
    ],
  },
  readers: {
    description: 'who read which file: by path, by content, or by file through its renames',
    columns: [
      time('READ', 'at'),
      text('BY', 'user'),
      text('OF', 'userAgency'),
      text('ADDRESS', 'source'),
      text('AGENCY', 'agency'),
      text('PATH', 'path'),
      size('BYTES', 'bytes'),
      text('WHOLE', 'whole'),
      number('ROW', 'ledgerRow'),
    ],
  },
  'bulk-transfers': {
    description:
      'what was received, moved on and disposed of (IRS Publication 1075 section 2.A.2); csv has all columns',
    columns: [
      time('RECEIVED', 'dateReceived'),
      text('FROM', 'sender'),
      text('AGENCY', 'recipient'),
      text('FILE', 'fileName'),
      size('SIZE', 'bytes'),
      time('MOVED', 'movementDate'),
      text('TO', 'movedTo'),
      text('OF', 'movedToAgency'),
      time('DISPOSED OF', 'dispositionDate'),
      text('HOW', 'dispositionMethod'),
    ],
  },
  disclosures: {
    description: 'what users of one agency read of what another one sent; csv has all columns',
    columns: [
      time('WHEN', 'at'),
      text('OF', 'from'),
      text('TO', 'to'),
      text('RECIPIENT', 'recipient'),
      text('FILE', 'fileName'),
      size('BYTES', 'bytes'),
      text('WHOLE', 'whole'),
      text('WHY', 'why'),
    ],
  },
  clients: {
    description: 'clients and algorithms that logins were made with, by agency',
    columns: [
      text('AGENCY', 'agency'),
      text('WHAT', 'kind'),
      text('NAME', 'name'),
      number('LOGINS', 'logins'),
      time('LAST', 'lastAt'),
      text('LAST USER', 'lastUser'),
    ],
  },
} as const satisfies Readonly<
  Record<string, { readonly description: string; readonly columns: readonly Column<Line>[] }>
>;
type ReportName = keyof typeof reports;

function text(title: string, field: string): Column<Line> {
  return { title, value: (line) => line[field] };
}

function number(title: string, field: string): Column<Line> {
  return { ...text(title, field), form: 'number' };
}

function size(title: string, field: string): Column<Line> {
  return { ...text(title, field), form: 'size' };
}

function time(title: string, field: string): Column<Line> {
  return { ...text(title, field), form: 'time' };
}

type Options = {
  readonly from?: string;
  readonly to?: string;
  readonly agency?: string;
  readonly path?: string;
  readonly sha256?: string;
  readonly file?: string;
  readonly format?: 'text' | 'csv' | 'json' | 'html';
  readonly output?: string;
  readonly force?: boolean;
  readonly limit?: number;
};

export function addReportCommands(program: Command, parts: CliParts): void {
  const report = program
    .command('report')
    .description('what the ledger tells of a time, to read, to print, or for a spreadsheet');
  for (const name of Object.keys(reports) as ReportName[]) addReport(report, parts, name);
}

function addReport(report: Command, parts: CliParts, name: ReportName): void {
  const command = report
    .command(name)
    .description(reports[name].description)
    .option(
      '--from <when>',
      'from then on: a date, a time with its zone, or how long ago (24h, 7d); 7d unless said',
      pastArgument(parts.nowMs),
    )
    .option(
      '--to <when>',
      'before then, written the same way; now unless said',
      pastArgument(parts.nowMs),
    )
    .option('--agency <code>', 'only this one');
  if (name === 'readers')
    command
      .option('--path <path>', 'reads of exactly this path')
      .option('--sha256 <hex>', 'reads of a content with this SHA-256')
      .option('--file <id>', 'reads of this file, whatever it was called');
  command
    .addOption(
      new Option('--format <format>', 'html: a page to print').choices([
        'text',
        'csv',
        'json',
        'html',
      ]),
    )
    .option('-o, --output <file>', 'where to; stdout unless said')
    .option('--force', 'replace what is there')
    .option('--limit <count>', `how many rows of text (${rowsShown} unless said)`, countArgument)
    .addHelpText(
      'after',
      `
Example:
  waybill report ${name} --from 2029-10-01 --to 2030-01-01 --format csv -o ${name}.csv`,
    )
    .action(async (options: Options, own: Command) => {
      const api = openApi(own, parts);
      const form = options.format ?? (api.json ? 'json' : 'text');
      const query = queryOf(options, parts.nowMs());
      if (form === 'text') return showText(parts, api, { name, query, options });
      const path = withQuery(`/reports/${name}`, { ...query, format: form });
      await saveAnswer(parts, await api.client.download(path), options);
    });
}

function queryOf({ from, to, agency, path, sha256, file }: Options, nowMs: number) {
  const untilMs = to === undefined ? nowMs : Date.parse(to);
  return {
    from: from ?? new Date(untilMs - weekMs).toISOString(),
    to: new Date(untilMs).toISOString(),
    agency,
    path: path === undefined ? undefined : absolutePath(path),
    sha256,
    file,
  };
}

type Shown = {
  readonly name: ReportName;
  readonly query: ReturnType<typeof queryOf>;
  readonly options: Options;
};

async function showText(parts: CliParts, api: Api, { name, query, options }: Shown): Promise<void> {
  if (options.output !== undefined)
    throw new CliFailure(exitCodes.usage, 'text is for a terminal; say --format for a file');
  const { items, totals, rowsLookedAt } = await api.client.get<Report>(`/reports/${name}`, {
    ...query,
    format: 'json',
  });
  const most = options.limit ?? rowsShown;
  if (items.length > 0)
    writeLine(parts.stdout, tableText(items.slice(0, most), reports[name].columns));
  const told = Object.entries(totals).map(([field, value]) => `${field}=${value}`);
  api.say(printable([...told, `rowsLookedAt=${rowsLookedAt}`].join(' ')));
  if (items.length > most)
    api.say(`${items.length - most} more: ask for them with --limit, or with --format csv`);
}
