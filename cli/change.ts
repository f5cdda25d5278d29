import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { segment } from './client.ts';
import type { CliParts } from './parts.ts';
import { confirm } from './terminal.ts';
import type { Column } from './text.ts';

type PendingChange = {
  readonly id: string;
  readonly action: string;
  readonly method: string;
  readonly url: string;
  readonly requestedBy: { readonly name: string };
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly state: string;
};

const columns: readonly Column<PendingChange>[] = [
  { title: 'ID', value: (change) => change.id },
  { title: 'STATE', value: (change) => change.state },
  { title: 'ACTION', value: (change) => change.action },
  { title: 'WHAT', value: (change) => `${change.method} ${change.url}` },
  { title: 'ASKED BY', value: (change) => change.requestedBy.name },
  { title: 'ASKED', value: (change) => change.requestedAt, form: 'time' },
  { title: 'EXPIRES', value: (change) => change.expiresAt, form: 'time' },
];

export function addChangeCommands(program: Command, parts: CliParts): void {
  const change = program
    .command('change')
    .description('the changes that a second administrator has to approve');

  change
    .command('list')
    .description('list them, the newest first')
    .addOption(
      new Option('--state <state>', 'only those').choices([
        'pending',
        'done',
        'rejected',
        'failed',
        'expired',
      ]),
    )
    .action(async (options: { state?: string }, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<PendingChange>('/pending-changes', options), {
        columns,
        none: 'no change waits for anybody',
      });
    });

  change
    .command('show <id>')
    .description('show one, with the whole request')
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.get<PendingChange>(path(id)));
    });

  change
    .command('approve <id>')
    .description('have it carried out; not with the key that asked for it')
    .option('-y, --yes', 'do not ask')
    .action(async (id: string, options: { yes?: boolean }, command: Command) => {
      const api = openApi(command, parts);
      if (options.yes !== true && parts.stdin.isTTY === true) {
        const { method, url, requestedBy } = await api.client.get<PendingChange>(path(id));
        await confirm(parts, options, `Carry out ${method} ${url}, as ${requestedBy.name} asked?`);
      }
      api.show(await api.client.post<object>(`${path(id)}/approval`, {}));
    });

  change
    .command('reject <id>')
    .description('have it not carried out, ever')
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.post<object>(`${path(id)}/rejection`, {}));
    });
}

function path(id: string): string {
  return `/pending-changes/${segment(id)}`;
}
