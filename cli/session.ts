import type { Command } from 'commander';
import { openApi } from './api.ts';
import { segment } from './client.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';

type Session = {
  readonly id: string;
  readonly username: string;
  readonly agency: string;
  readonly source: string;
  readonly client: string;
  readonly startedAt: string;
  readonly bytesRead?: number;
  readonly bytesWritten?: number;
  readonly openFiles?: readonly { readonly path: string }[];
};

const columns: readonly Column<Session>[] = [
  { title: 'ID', value: (session) => session.id },
  { title: 'USERNAME', value: (session) => session.username },
  { title: 'AGENCY', value: (session) => session.agency },
  { title: 'FROM', value: (session) => session.source },
  { title: 'SINCE', value: (session) => session.startedAt, form: 'time' },
  { title: 'READ', value: (session) => session.bytesRead, form: 'size' },
  { title: 'WRITTEN', value: (session) => session.bytesWritten, form: 'size' },
  { title: 'FILE', value: (session) => session.openFiles?.[0]?.path },
  { title: 'CLIENT', value: (session) => session.client },
];

export function addSessionCommands(program: Command, parts: CliParts): void {
  const session = program.command('session').description('the SFTP logins that are up now');

  session
    .command('list')
    .description('list the live sessions')
    .option('--agency <code>', 'only those of one agency')
    .option('--username <name>', 'only those of one user')
    .action(async (options: { agency?: string; username?: string }, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<Session>('/sessions', options), {
        columns,
        none: 'nobody is logged in',
      });
    });

  session
    .command('show <id>')
    .description('show one session: its algorithms, what it moved, and the files it has open')
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.get<Session>(`/sessions/${segment(id)}`));
    });

  session
    .command('end <id>')
    .description(
      'end a session; what it was sending stays as a partial upload that its user can resume',
    )
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.client.remove(`/sessions/${segment(id)}`);
      api.say(`ended session ${id}`);
    });
}
