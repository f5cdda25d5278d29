import type { Command } from 'commander';
import { issueAdminKey } from './admin-key-issue.ts';
import { openApi } from './api.ts';
import {
  cidrArgument,
  durationArgument,
  expiryArgument,
  expiryHelp,
  listArgument,
  nullFor,
} from './arguments.ts';
import { segment } from './client.ts';
import { writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { GlobalOptions } from './settings.ts';
import { confirm } from './terminal.ts';
import { jsonText } from './text.ts';
import type { Column } from './text.ts';
import { durationForm } from './units.ts';

type AdminKey = {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
};

type NewKeyOptions = {
  readonly name: string;
  readonly scope?: readonly string[];
  readonly expires?: string;
  readonly cidr?: readonly string[];
  readonly agency?: string;
};

type ChangeOptions = Partial<Omit<NewKeyOptions, 'agency'>>;

const columns: readonly Column<AdminKey>[] = [
  { title: 'ID', value: (key) => key.id },
  { title: 'NAME', value: (key) => key.name },
  { title: 'SCOPES', value: (key) => key.scopes.join(' ') },
  { title: 'EXPIRES', value: (key) => key.expiresAt ?? 'never', form: 'time' },
  { title: 'LAST USED', value: (key) => key.lastUsedAt ?? 'never', form: 'time' },
];

const scopeHelp =
  '`*` for everything, or such as users:read, users:write, audit:read; repeat or part with commas';

export function addAdminKeyCommands(program: Command, parts: CliParts): void {
  const adminKey = program.command('admin-key').description('the keys of the admin API');

  adminKey
    .command('list')
    .description('list the keys; the secrets are nowhere to be shown')
    .action(async (_options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<AdminKey>('/admin-keys'), { columns, none: 'no keys' });
    });

  adminKey
    .command('add')
    .description('make a key; its secret is shown this once')
    .requiredOption('--name <name>', 'what or who uses it')
    .requiredOption('--scope <scope>', scopeHelp, listArgument)
    .option('--expires <when>', expiryHelp, expiryArgument(parts.nowMs))
    .option('--cidr <block>', 'address or block it may be used from; repeat for more', cidrArgument)
    .option('--agency <code>', 'bind it to one agency: it sees and changes nothing else')
    .addHelpText(
      'after',
      '\nExample:\n  waybill admin-key add --name reports --scope audit:read,transfers:read --expires 90d',
    )
    .action(async (options: NewKeyOptions, command: Command) => {
      const api = openApi(command, parts);
      api.show(
        await api.client.post<AdminKey>('/admin-keys', {
          name: options.name,
          scopes: options.scope ?? [],
          ...(options.expires !== undefined && { expiresAt: nullFor('never', options.expires) }),
          ...(options.cidr !== undefined && { allowedCidrs: options.cidr }),
          ...(options.agency !== undefined && { agency: options.agency }),
        }),
      );
      api.say(
        'keep the secret in a file that only you can read (chmod 600); it is not shown again',
      );
    });

  adminKey
    .command('show <id>')
    .description('show one key, without its secret')
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.get<AdminKey>(`/admin-keys/${segment(id)}`));
    });

  adminKey
    .command('change <id>')
    .description('change a key; what is not given stays')
    .option('--name <name>', 'what or who uses it')
    .option('--scope <scope>', scopeHelp, listArgument)
    .option('--expires <when>', expiryHelp, expiryArgument(parts.nowMs))
    .option('--cidr <block>', 'address or block it may be used from, or any', cidrArgument)
    .action(async (id: string, options: ChangeOptions, command: Command) => {
      const api = openApi(command, parts);
      api.show(
        await api.client.patch<AdminKey>(`/admin-keys/${segment(id)}`, {
          ...(options.name !== undefined && { name: options.name }),
          ...(options.scope !== undefined && { scopes: options.scope }),
          ...(options.expires !== undefined && { expiresAt: nullFor('never', options.expires) }),
          ...(options.cidr !== undefined && { allowedCidrs: options.cidr }),
        }),
      );
    });

  adminKey
    .command('rotate <id>')
    .description('give a key a new secret, shown this once; the one before works on for a while')
    .option('--overlap <duration>', `how long: ${durationForm}, or 0s`, durationArgument)
    .addHelpText('after', '\nExample:\n  waybill admin-key rotate k7q2m4xw3zabcd --overlap 24h')
    .action(async (id: string, options: { overlap?: number }, command: Command) => {
      const api = openApi(command, parts);
      const { overlap } = options;
      api.show(
        await api.client.post<AdminKey>(`/admin-keys/${segment(id)}/rotations`, {
          ...(overlap !== undefined && { overlapSeconds: Math.round(overlap / 1000) }),
        }),
      );
      api.say(
        'keep the secret in a file that only you can read (chmod 600); it is not shown again',
      );
    });

  adminKey
    .command('remove <id>')
    .description('remove a key; requests with it are refused from then on')
    .option('-y, --yes', 'do not ask')
    .action(async (id: string, options: { yes?: boolean }, command: Command) => {
      const api = openApi(command, parts);
      await confirm(parts, options, `Remove the API key ${id}?`);
      await api.client.remove(`/admin-keys/${segment(id)}`);
      api.say(`removed API key ${id}`);
    });

  adminKey
    .command('issue')
    .description(
      "make a key without having one: for the owner of the server's host, when every key is lost or expired",
    )
    .requiredOption('--name <name>', 'what or who uses it')
    .option('--scope <scope>', `${scopeHelp} (default: *)`, listArgument)
    .option('--expires <when>', `${expiryHelp} (default: 24h)`, expiryArgument(parts.nowMs))
    .addHelpText(
      'after',
      `
Run it as the user that runs the server, with the same WAYBILL_DATA_DIR. A running server is asked through the socket
in its data directory; otherwise the data directory is opened. The ledger says that the host made the key.

Example:
  (umask 077; waybill admin-key issue --name recovery > admin.key) && waybill --key-file admin.key user list`,
    )
    .action(async (options: NewKeyOptions, command: Command) => {
      const day = 24 * 3_600_000;
      const expiresAt =
        nullFor('never', options.expires ?? new Date(parts.nowMs() + day).toISOString()) ?? null;
      const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt);
      const key = await issueAdminKey(parts, {
        name: options.name,
        scopes: options.scope ?? ['*'],
        expiresAtMs,
      });
      // Only the key on stdout, so that it can go straight into a file.
      const { json } = command.optsWithGlobals<GlobalOptions>();
      writeLine(parts.stdout, json === true ? jsonText({ key, expiresAt }) : key);
      writeLine(
        parts.stderr,
        `made the API key "${options.name}", which ${expiresAt === null ? 'never expires' : `expires ${expiresAt}`}; it is not shown again`,
      );
    });
}
