import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { segment } from './client.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';

type Forwarder = {
  readonly name: string;
  readonly destination: string;
  readonly state: string;
  readonly lastSeq: number;
  readonly lagRows: number;
  readonly waitingSince: string | null;
  readonly lastError: string | null;
};

const columns: readonly Column<Forwarder>[] = [
  { title: 'NAME', value: (forwarder) => forwarder.name },
  { title: 'TO', value: (forwarder) => forwarder.destination },
  { title: 'STATE', value: (forwarder) => forwarder.state },
  { title: 'LAST ROW', value: (forwarder) => forwarder.lastSeq, form: 'number' },
  { title: 'BEHIND', value: (forwarder) => forwarder.lagRows, form: 'number' },
  { title: 'SINCE', value: (forwarder) => forwarder.waitingSince, form: 'time' },
  { title: 'ERROR', value: (forwarder) => forwarder.lastError },
];

export function addForwarderCommands(program: Command, parts: CliParts): void {
  const forwarder = program
    .command('forwarder')
    .description('where the ledger is forwarded to (syslog, webhook)');

  forwarder
    .command('list')
    .description('list the destinations, and how far behind each is')
    .action(async (_options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<Forwarder>('/forwarders'), {
        columns,
        none: 'the ledger is forwarded to nobody; WAYBILL_FORWARD_SYSLOG and WAYBILL_FORWARD_WEBHOOK say where to',
      });
    });

  forwarder
    .command('show <name>')
    .description('show one')
    .action(async (name: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.get<Forwarder>(path(name)));
    });

  for (const [verb, paused, does] of [
    ['pause', true, 'have it wait, for however long: it goes on from where it was'],
    ['resume', false, 'have it go on'],
  ] as const) {
    forwarder
      .command(`${verb} <name>`)
      .description(does)
      .action(async (name: string, _options: object, command: Command) => {
        const api = openApi(command, parts);
        api.show(await api.client.patch<Forwarder>(path(name), { paused }));
      });
  }

  forwarder
    .command('resend <name>')
    .description('send again what comes behind a row of the ledger')
    .requiredOption('--after <row>', 'the number of that row; 0 for all', rowArgument)
    .action(async (name: string, options: { after: number }, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.patch<Forwarder>(path(name), { lastSeq: options.after }));
    });
}

function path(name: string): string {
  return `/forwarders/${segment(name)}`;
}

function rowArgument(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 0.');
  return Number(text);
}
