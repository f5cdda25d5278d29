import type { Command } from 'commander';
import { openApi } from './api.ts';
import { segment } from './client.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';

type Ban = {
  readonly source: string;
  readonly reason: string;
  readonly failures: number;
  readonly refusedConnections: number;
  readonly since: string;
  readonly until: string;
};

const columns: readonly Column<Ban>[] = [
  { title: 'SOURCE', value: (ban) => ban.source },
  { title: 'REASON', value: (ban) => ban.reason },
  { title: 'FAILURES', value: (ban) => ban.failures, form: 'number' },
  { title: 'REFUSED', value: (ban) => ban.refusedConnections, form: 'number' },
  { title: 'SINCE', value: (ban) => ban.since, form: 'time' },
  { title: 'UNTIL', value: (ban) => ban.until, form: 'time' },
];

export function addBanCommands(program: Command, parts: CliParts): void {
  const ban = program
    .command('ban')
    .description('the sources that are kept out for a while after too many failures');

  ban
    .command('list')
    .description('list the banned sources: addresses, and IPv6 networks of 64 bits')
    .action(async (_options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<Ban>('/bans'), { columns, none: 'no source is banned' });
    });

  ban
    .command('lift <source>')
    .description('let a source in again; an IPv6 address stands for its network of 64 bits')
    .addHelpText(
      'after',
      `
A ban ends by itself, and comes back if the source goes on failing.

Examples:
  waybill ban lift 192.0.2.1
  waybill ban lift 2001:db8:0:1::/64`,
    )
    .action(async (source: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.client.remove(`/bans/${segment(source)}`);
      api.say(`lifted the ban of ${source}`);
    });
}
