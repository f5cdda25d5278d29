import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { segment } from './client.ts';
import type { CliParts } from './parts.ts';
import { confirm } from './terminal.ts';
import type { Column } from './text.ts';

type Agency = {
  readonly code: string;
  readonly name: string;
  readonly kind: string;
  readonly createdAt?: string;
};

const columns: readonly Column<Agency>[] = [
  { title: 'CODE', value: (agency) => agency.code },
  { title: 'NAME', value: (agency) => agency.name },
  { title: 'KIND', value: (agency) => agency.kind },
  { title: 'CREATED', value: (agency) => agency.createdAt, form: 'time' },
];

export function addAgencyCommands(program: Command, parts: CliParts): void {
  const agency = program
    .command('agency')
    .description('the agencies that exchange files, each with its own tree');

  agency
    .command('list')
    .description('list the agencies')
    .addOption(new Option('--kind <kind>', 'only those').choices(['lcsa', 'state', 'partner']))
    .addOption(
      new Option('--sort <order>', '- is from the end').choices([
        'code',
        '-code',
        'name',
        '-name',
        'createdAt',
        '-createdAt',
      ]),
    )
    .action(async (options: { kind?: string; sort?: string }, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<Agency>('/agencies', options), {
        columns,
        none: 'no agencies yet; make one with `waybill agency add`',
      });
    });

  agency
    .command('add <code>')
    .description('make an agency with its tree (/outgoing, /incoming, /receipts)')
    .requiredOption('--name <name>', 'its name')
    .addOption(
      new Option('--kind <kind>', 'county or region, State, or another partner')
        .choices(['lcsa', 'state', 'partner'])
        .makeOptionMandatory(),
    )
    .addHelpText(
      'after',
      '\nExample:\n  waybill agency add alameda --kind lcsa --name "Alameda County"',
    )
    .action(async (code: string, options: { name: string; kind: string }, command: Command) => {
      const api = openApi(command, parts);
      api.show(
        await api.client.post<Agency>('/agencies', {
          code,
          name: options.name,
          kind: options.kind,
        }),
      );
    });

  agency
    .command('show <code>')
    .description('show one agency')
    .action(async (code: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.get<Agency>(`/agencies/${segment(code)}`));
    });

  agency
    .command('change <code>')
    .description('change the name of an agency')
    .requiredOption('--name <name>', 'the new name')
    .action(async (code: string, options: { name: string }, command: Command) => {
      const api = openApi(command, parts);
      api.show(
        await api.client.patch<Agency>(`/agencies/${segment(code)}`, { name: options.name }),
      );
    });

  agency
    .command('remove <code>')
    .description('remove an agency that has no users and no files; its code is never used again')
    .option('-y, --yes', 'do not ask')
    .action(async (code: string, options: { yes?: boolean }, command: Command) => {
      const api = openApi(command, parts);
      await confirm(parts, options, `Remove agency ${code}? Its code can never be used again.`);
      await api.client.remove(`/agencies/${segment(code)}`);
      api.say(`removed agency ${code}`);
    });
}
