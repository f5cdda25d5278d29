import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { segment, withQuery } from './client.ts';
import { saveAnswer } from './save.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';

type Review = {
  readonly id: string;
  readonly from: string;
  readonly until: string;
  readonly state: string;
  readonly overdueAt: string;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: { readonly name?: string } | null;
  readonly note: string | null;
  readonly figures: {
    readonly logins: { readonly accepted: number; readonly refused: number };
    readonly locks: readonly { readonly value: number }[];
    readonly administration: { readonly changes: number };
    readonly purges: { readonly files: number };
    readonly verification: { readonly ok: boolean };
  };
};

const columns: readonly Column<Review>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'FROM', value: ({ from }) => from, form: 'time' },
  { title: 'UNTIL', value: ({ until }) => until, form: 'time' },
  { title: 'LOGINS', value: ({ figures }) => figures.logins.accepted, form: 'number' },
  { title: 'REFUSED', value: ({ figures }) => figures.logins.refused, form: 'number' },
  {
    title: 'LOCKS',
    value: ({ figures }) => figures.locks.reduce((sum, { value }) => sum + value, 0),
    form: 'number',
  },
  { title: 'CHANGES', value: ({ figures }) => figures.administration.changes, form: 'number' },
  { title: 'PURGED', value: ({ figures }) => figures.purges.files, form: 'number' },
  { title: 'LEDGER', value: ({ figures }) => (figures.verification.ok ? 'good' : 'BAD') },
  { title: 'BY', value: ({ acknowledgedBy }) => acknowledgedBy?.name },
];

type ShowOptions = {
  readonly format?: 'text' | 'json' | 'csv' | 'html';
  readonly output?: string;
  readonly force?: boolean;
};

export function addReviewCommands(program: Command, parts: CliParts): void {
  const review = program
    .command('review')
    .description('the weekly reviews: what happened in each week, and who has looked at it');

  review
    .command('list')
    .description('list them, the newest first')
    .addOption(
      new Option('--state <state>', 'only those').choices(['waiting', 'overdue', 'acknowledged']),
    )
    .action(async (options: { state?: string }, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<Review>('/reviews', options), {
        columns,
        none: 'no reviews: the first is made when a week is over',
      });
    });

  review
    .command('show <id>')
    .description('show one')
    .addOption(
      new Option('--format <format>', 'html: a page to print').choices([
        'text',
        'json',
        'csv',
        'html',
      ]),
    )
    .option('-o, --output <file>', 'where to; stdout unless said')
    .option('--force', 'replace what is there')
    .action(async (id: string, { format = 'text', ...target }: ShowOptions, command: Command) => {
      const api = openApi(command, parts);
      if (format === 'text' && target.output === undefined) {
        const { figures, ...about } = await api.client.get<Review>(at(id), { format: 'json' });
        return api.show(api.json ? { ...about, figures } : { ...about, ...figures });
      }
      const path = withQuery(at(id), { format: format === 'text' ? 'json' : format });
      await saveAnswer(parts, await api.client.download(path), target);
    });

  review
    .command('acknowledge <id>')
    .description('say that you have looked at it: once, and it stays with your name and note')
    .requiredOption('--note <text>', 'what you found, and what was done about it')
    .addHelpText(
      'after',
      `
Example:
  waybill review show 0197f3a1c2d4 --format html -o week.html
  waybill review acknowledge 0197f3a1c2d4 --note "a scanner on Tuesday, banned; nothing else"`,
    )
    .action(async (id: string, options: { note: string }, command: Command) => {
      const api = openApi(command, parts);
      const { figures: _, ...about } = await api.client.post<Review>(
        `${at(id)}/acknowledgement`,
        options,
      );
      api.show(about);
    });
}

function at(id: string): string {
  return `/reviews/${segment(id)}`;
}
