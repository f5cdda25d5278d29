import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { countArgument } from './arguments.ts';
import { bodyOf } from './body.ts';
import { withQuery } from './client.ts';
import { toStream } from './download.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { tableText } from './text.ts';
import type { Column } from './text.ts';

type Amount = { readonly files: number; readonly bytes: number };
type Report = {
  readonly at: string;
  readonly days: number;
  readonly expiring: readonly {
    readonly agency: string;
    readonly byDay: readonly ({ readonly day: string } & Amount)[];
  }[];
  readonly overdue: readonly ({ readonly agency: string } & Amount)[];
  readonly oldest: readonly {
    readonly agency: string;
    readonly path: string;
    readonly receivedAt: string;
  }[];
};

type Clock = { readonly problem: string | null };

type Line = {
  readonly agency: string;
  readonly expiring: Amount | undefined;
  readonly firstDay: string | undefined;
  readonly overdue: Amount | undefined;
  readonly oldest: { readonly path: string; readonly receivedAt: string } | undefined;
};

const columns: readonly Column<Line>[] = [
  { title: 'AGENCY', value: ({ agency }) => agency },
  { title: 'EXPIRING', value: ({ expiring }) => expiring?.files, form: 'number' },
  { title: 'BYTES', value: ({ expiring }) => expiring?.bytes, form: 'size' },
  { title: 'FIRST DAY', value: ({ firstDay }) => firstDay },
  { title: 'OVERDUE', value: ({ overdue }) => overdue?.files, form: 'number' },
  { title: 'BYTES', value: ({ overdue }) => overdue?.bytes, form: 'size' },
  { title: 'OLDEST', value: ({ oldest }) => oldest?.receivedAt, form: 'time' },
  { title: 'OLDEST FILE', value: ({ oldest }) => oldest?.path },
];

type ReportOptions = { readonly agency?: string; readonly days?: number; readonly html?: boolean };

export function addRetentionCommands(program: Command, parts: CliParts): void {
  const retention = program
    .command('retention')
    .description('what expires soon, what is overdue, and the clock that it goes by');

  retention
    .command('report')
    .description(
      'show by agency what expires in the next days, what is overdue, and the oldest file',
    )
    .option('--agency <code>', 'only this one')
    .option('--days <count>', 'how far to look ahead (30 unless said)', countArgument)
    .addOption(new Option('--html', 'write a page to print').conflicts('json'))
    .action(async ({ html, ...query }: ReportOptions, command: Command) => {
      const api = openApi(command, parts);
      if (html === true) {
        const path = withQuery('/retention-report', { ...query, format: 'html' });
        await toStream(bodyOf(await api.client.download(path)), parts.stdout);
        return;
      }
      const report = await api.client.get<Report>('/retention-report', {
        ...query,
        format: 'json',
      });
      if (api.json) return api.show(report);
      const lines = linesOf(report);
      if (lines.length === 0) api.say('there are no files');
      else writeLine(parts.stdout, tableText(lines, columns));
    });

  retention
    .command('clock')
    .description('show the clock, and whether it has to be confirmed: exit status 1 where it has')
    .action(async (_options: object, command: Command) => {
      const api = openApi(command, parts);
      const clock = await api.client.get<Clock>('/retention-clock');
      api.show(clock);
      if (clock.problem !== null)
        throw new CliFailure(
          exitCodes.failed,
          'nothing is purged until somebody has confirmed the time',
          ['compare it with another clock, then: waybill retention confirm-clock --reason <why>'],
        );
    });

  retention
    .command('confirm-clock')
    .description('say that the time is right, so that retention goes on')
    .requiredOption('--reason <text>', 'why it went back or jumped, and how it was checked')
    .action(async (options: { reason: string }, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.post<Clock>('/retention-clock/confirmation', options));
    });
}

function linesOf({ expiring, overdue, oldest }: Report): Line[] {
  const agencies = new Set([...expiring, ...overdue, ...oldest].map(({ agency }) => agency));
  return [...agencies].toSorted().map((agency) => {
    const days = expiring.find((each) => each.agency === agency)?.byDay;
    return {
      agency,
      expiring: days === undefined ? undefined : sumOf(days),
      firstDay: days?.[0]?.day,
      overdue: overdue.find((each) => each.agency === agency),
      oldest: oldest.find((each) => each.agency === agency),
    };
  });
}

function sumOf(amounts: readonly Amount[]): Amount {
  return amounts.reduce(
    (sum, { files, bytes }) => ({ files: sum.files + files, bytes: sum.bytes + bytes }),
    { files: 0, bytes: 0 },
  );
}
