import type { Command } from 'commander';
import { openApi } from './api.ts';
import { expiryArgument, expiryHelp, listArgument } from './arguments.ts';
import { segment } from './client.ts';
import type { CliParts } from './parts.ts';
import { confirm } from './terminal.ts';
import type { Column } from './text.ts';

type Grant = {
  readonly agency: string;
  readonly allowedCidrs: readonly string[];
  readonly reason: string;
  readonly expiresAt: string;
};
type User = {
  readonly username: string;
  readonly logins: number;
  readonly lastAt: string;
  readonly client: string;
  readonly algorithms: Readonly<Record<string, string>>;
};
type Use = {
  readonly agency: string;
  readonly grant: Grant | null;
  readonly users: readonly User[];
};
type Line = { readonly use: Use; readonly user: User | undefined };

/** One line for each user, and one for an agency where nobody needed it. */
const columns: readonly Column<Line>[] = [
  { title: 'AGENCY', value: ({ use }) => use.agency },
  { title: 'UNTIL', value: ({ use }) => use.grant?.expiresAt ?? 'no grant', form: 'time' },
  { title: 'FROM', value: ({ use }) => use.grant?.allowedCidrs.join(',') ?? '' },
  { title: 'USER', value: ({ user }) => user?.username ?? 'nobody' },
  { title: 'LOGINS', value: ({ user }) => user?.logins ?? 0, form: 'number' },
  { title: 'LAST', value: ({ user }) => user?.lastAt ?? null, form: 'time' },
  { title: 'EXCHANGE', value: ({ user }) => user?.algorithms['kex'] ?? '' },
  { title: 'CLIENT', value: ({ user }) => user?.client ?? '' },
];

export function addLegacyInteropCommands(program: Command, parts: CliParts): void {
  const legacy = program
    .command('legacy-interop')
    .description('agencies that may use older SSH algorithms for a while, and who needs them');

  legacy
    .command('report')
    .description('who still needs older algorithms, by agency')
    .option('--agency <code>', 'only this agency')
    .action(async (options: { agency?: string }, command: Command) => {
      const api = openApi(command, parts);
      const pages = api.client.pages<Use>('/legacy-interop', options);
      if (api.json) {
        await api.list(pages, { columns: [], none: '' });
        return;
      }
      await api.list(linesOf(pages), { columns, none: 'no agency may use older algorithms' });
    });

  legacy
    .command('show <agency>')
    .description('show the grant of an agency')
    .action(async (agency: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.get<Grant>(at(agency)));
    });

  legacy
    .command('grant <agency>')
    .description('let an agency use older algorithms, from its addresses and for a while')
    .requiredOption('--cidr <block>', 'where it connects from; repeat it for more', listArgument)
    .requiredOption('--until <when>', `at most a year: ${expiryHelp}`, expiryArgument(parts.nowMs))
    .requiredOption('--reason <text>', 'why, and when it ends')
    .addHelpText(
      'after',
      '\nExample:\n  waybill legacy-interop grant alameda --cidr 192.0.2.8/29 --until 90d --reason "batch host, replaced in March"',
    )
    .action(
      async (
        agency: string,
        { cidr, until, reason }: { cidr: readonly string[]; until: string; reason: string },
        command: Command,
      ) => {
        const api = openApi(command, parts);
        await api.client.put(at(agency), { allowedCidrs: cidr, reason, expiresAt: until });
        api.show(await api.client.get<Grant>(at(agency)));
      },
    );

  legacy
    .command('end <agency>')
    .description('take the older algorithms away; logins that use them end')
    .option('-y, --yes', 'do not ask')
    .action(async (agency: string, options: { yes?: boolean }, command: Command) => {
      const api = openApi(command, parts);
      await confirm(parts, options, `End the logins of ${agency} over older algorithms?`);
      await api.client.remove(at(agency));
      api.say(`${agency} may use older algorithms no more`);
    });
}

function at(agency: string): string {
  return `/agencies/${segment(agency)}/legacy-interop`;
}

async function* linesOf(pages: AsyncIterable<readonly Use[]>): AsyncIterable<readonly Line[]> {
  for await (const page of pages)
    yield page.flatMap((use) => {
      const users: readonly (User | undefined)[] = use.users.length === 0 ? [undefined] : use.users;
      return users.map((user) => ({ use, user }));
    });
}
