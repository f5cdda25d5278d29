import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { countArgument, pastArgument } from './arguments.ts';
import { pageItemsFor } from './client.ts';
import type { CliParts } from './parts.ts';
import { addAuditArchiveCommands } from './audit-archive.ts';
import { addAuditExportCommands } from './audit-export.ts';
import { addAuditRedactCommand } from './audit-redact.ts';
import { addAuditVerifyCommands } from './audit-verify.ts';
import { describeEvent } from './audit-text.ts';
import type { AuditRow } from './audit-text.ts';
import type { Column } from './text.ts';

type SearchOptions = {
  readonly actor?: string;
  readonly agency?: string;
  readonly event?: string;
  readonly outcome?: string;
  readonly session?: string;
  readonly path?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
};

const rowsShown = 100;

export const auditColumns: readonly Column<AuditRow>[] = [
  { title: 'ROW', value: (row) => row.seq, form: 'number' },
  { title: 'TIME', value: (row) => row.at, form: 'time' },
  { title: 'ACTOR', value: (row) => nameOfActor(row) },
  { title: 'EVENT', value: (row) => row.event },
  {
    title: 'OUTCOME',
    value: (row) => (row.reason ? `${row.outcome}: ${row.reason}` : row.outcome),
  },
  { title: 'ABOUT', value: describeEvent },
];

function nameOfActor({ actor }: AuditRow): string {
  if (actor === null) return '-';
  if (actor.kind === 'user') return actor.username ?? 'user';
  if (actor.kind === 'admin') return `admin:${actor.name ?? ''}`;
  return actor.kind;
}

export function addAuditCommands(program: Command, parts: CliParts): void {
  const audit = program
    .command('audit')
    .description('the ledger: who did what, when, from where, and how it ended');

  audit
    .command('search')
    .description(`show rows of the ledger, newest first (${rowsShown} of them; with --json, all)`)
    .option(
      '--actor <name>',
      'a user name, admin:<key name>, host, server, or claimed:<name> for refused logins',
    )
    .option('--agency <code>', 'whose tree or user it was')
    .option('--event <name>', 'such as file.closed.1')
    .addOption(
      new Option('--outcome <outcome>', 'how it ended').choices(['success', 'refused', 'failed']),
    )
    .option('--reason <code>', 'why it was refused or failed, such as password-wrong')
    .option('--session <id>', 'one login or API request')
    .option('--path <path>', 'exactly this path')
    .option(
      '--from <when>',
      'a date, a time with its zone, or how long ago (24h, 7d)',
      pastArgument(parts.nowMs),
    )
    .option('--to <when>', 'rows before then, written the same way', pastArgument(parts.nowMs))
    .option('--limit <count>', 'how many rows', countArgument)
    .addHelpText(
      'after',
      `
Examples:
  waybill audit search --from 24h --outcome refused
  waybill audit search --agency alameda --event file.closed.1 --from 2026-11-01 --to 2026-12-01 --json > november.json`,
    )
    .action(async (options: SearchOptions, command: Command) => {
      const api = openApi(command, parts);
      const { limit, ...filter } = options;
      const rowsMax = limit ?? (api.json ? undefined : rowsShown);
      await api.list(
        api.client.pages<AuditRow>('/audit', { ...filter, limit: pageItemsFor(rowsMax) }),
        {
          columns: auditColumns,
          none: 'no such rows',
          rowsMax,
          more: 'there are older rows: narrow the search, or ask for more with --limit',
        },
      );
    });

  addAuditRedactCommand(audit, parts);

  addAuditVerifyCommands(audit, parts);
  addAuditExportCommands(audit, parts);
  addAuditArchiveCommands(audit, parts);
}
