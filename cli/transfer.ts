import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { countArgument, pastArgument } from './arguments.ts';
import { pageItemsFor, segment } from './client.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';

export type Transfer = {
  readonly id: string;
  readonly direction: string;
  readonly username: string;
  readonly agency: string;
  readonly path: string;
  readonly bytes: number;
  readonly state: string;
  readonly sha256: string | null;
  readonly startedAt: string;
};

export const transferColumns: readonly Column<Transfer>[] = [
  { title: 'STARTED', value: (transfer) => transfer.startedAt, form: 'time' },
  { title: 'USERNAME', value: (transfer) => transfer.username },
  { title: 'DIRECTION', value: (transfer) => transfer.direction },
  { title: 'AGENCY', value: (transfer) => transfer.agency },
  { title: 'PATH', value: (transfer) => transfer.path },
  { title: 'BYTES', value: (transfer) => transfer.bytes, form: 'size' },
  { title: 'STATE', value: (transfer) => transfer.state },
  { title: 'ID', value: (transfer) => transfer.id },
];

const rowsShown = 100;

export function addTransferCommands(program: Command, parts: CliParts): void {
  const transfer = program.command('transfer').description('each upload and download');

  transfer
    .command('list')
    .description(`list transfers, newest first (${rowsShown} of them; with --json, all)`)
    .option('--agency <code>', 'only those in the tree of one agency')
    .option('--username <name>', 'only those of one user')
    .addOption(
      new Option('--state <state>', 'how far it is or how it ended').choices([
        'receiving',
        'published',
        'partial',
        'unchanged',
        'sending',
        'completed',
        'incomplete',
        'discarded',
      ]),
    )
    .addOption(
      new Option('--direction <direction>', 'to or from the server').choices([
        'upload',
        'download',
      ]),
    )
    .option('--path <path>', 'exactly this path')
    .option('--path-prefix <start>', 'paths that begin so, such as /outgoing/2030')
    .option('--session <id>', 'only those of one login, or of one request to this API')
    .option('--client <text>', 'only those of a client, by all of what it calls itself')
    .addOption(
      new Option('--sort <order>', 'the oldest first, or the newest').choices([
        'startedAt',
        '-startedAt',
      ]),
    )
    .option('--sha256 <hash>', 'exactly this content')
    .option(
      '--from <when>',
      'started since: a date, a time with its zone, or how long ago (24h, 7d)',
      pastArgument(parts.nowMs),
    )
    .option('--to <when>', 'started before, written the same way', pastArgument(parts.nowMs))
    .option('--limit <count>', 'how many rows', countArgument)
    .addHelpText(
      'after',
      '\nExample:\n  waybill transfer list --agency alameda --direction upload --from 7d',
    )
    .action(
      async (options: Readonly<Record<string, string>> & { limit?: number }, command: Command) => {
        const api = openApi(command, parts);
        const { limit, ...filter } = options;
        const rowsMax = limit ?? (api.json ? undefined : rowsShown);
        await api.list(
          api.client.pages<Transfer>('/transfers', { ...filter, limit: pageItemsFor(rowsMax) }),
          {
            columns: transferColumns,
            none: 'no such transfers',
            rowsMax,
            more: 'there are older transfers: ask for more with --limit',
          },
        );
      },
    );

  transfer
    .command('show <id>')
    .description('show one transfer')
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.get<Transfer>(`/transfers/${segment(id)}`));
    });
}
