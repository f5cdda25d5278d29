import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { pastArgument } from './arguments.ts';
import { segment } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import { confirm, readPassword } from './terminal.ts';
import { loginMethodsText } from './text.ts';
import type { Column } from './text.ts';
import { addUserImportCommand } from './user-import.ts';
import { addTotpCommands } from './user-totp.ts';
import { addUserOptions, userBody } from './user-options.ts';
import type { UserOptions } from './user-options.ts';

type User = {
  readonly username: string;
  readonly agency: string;
  readonly displayName: string;
  readonly status: string;
  readonly loginMethods: unknown;
  readonly expiresAt: string | null;
  readonly lastLoginAt?: string | null;
};

type ListOptions = {
  agency?: string;
  status?: string;
  prefix?: string;
  unusedSince?: string;
  locked?: boolean;
  sort?: string;
};

type Lock = {
  readonly username: string;
  readonly agency: string;
  readonly failedLogins: number;
  readonly lockedAt: string;
  readonly lockedUntil: string;
};

const columns: readonly Column<User>[] = [
  { title: 'USERNAME', value: (user) => user.username },
  { title: 'AGENCY', value: (user) => user.agency },
  { title: 'NAME', value: (user) => user.displayName },
  { title: 'STATUS', value: (user) => user.status },
  { title: 'LOGIN', value: (user) => loginMethodsText(user.loginMethods) },
  { title: 'EXPIRES', value: (user) => user.expiresAt ?? 'never', form: 'time' },
  { title: 'LAST LOGIN', value: (user) => user.lastLoginAt ?? 'never', form: 'time' },
];

export function addUserCommands(program: Command, parts: CliParts): void {
  const user = program.command('user').description('who may log in over SFTP');

  user
    .command('list')
    .description('list the users')
    .option('--agency <code>', 'only those of one agency')
    .addOption(
      new Option('--status <status>', 'only those; removed users are shown only this way').choices([
        'active',
        'disabled',
        'removed',
      ]),
    )
    .option('--prefix <text>', 'only those whose user name begins so')
    .option(
      '--unused-since <when>',
      'only those with no login since then, who were made before: a date, or 90d',
      pastArgument(parts.nowMs),
    )
    .option('--locked', 'only those who are locked after failed logins')
    .addOption(
      new Option('--sort <order>', '- is from the end').choices([
        'username',
        '-username',
        'createdAt',
        '-createdAt',
        'lastLoginAt',
        '-lastLoginAt',
      ]),
    )
    .addHelpText('after', '\nExample:\n  waybill user list --unused-since 120d --sort lastLoginAt')
    .action(async (options: ListOptions, command: Command) => {
      const api = openApi(command, parts);
      const { unusedSince: lastLoginBefore, locked, ...query } = options;
      const filter = {
        ...query,
        lastLoginBefore,
        ...(locked === true && { lockedOnly: 'true' }),
      };
      await api.list(api.client.pages<User>('/users', filter), {
        columns,
        none: 'no such users',
      });
    });

  addUserImportCommand(user, parts);

  addUserOptions(
    user
      .command('add <username>')
      .description(
        'make a user; add a key with `waybill key add` or a password with `waybill user set-password`',
      )
      .requiredOption('--agency <code>', 'whose tree the user sees')
      .requiredOption('--name <name>', 'the name to show'),
    parts,
  )
    .addHelpText(
      'after',
      `
Examples:
  waybill user add amy --agency alameda --name "Amy Ortiz" --expires 2027-01-31 --quota 10GB
  waybill user add batch-1 --agency alameda --name "Nightly batch" --login-method publickey,password --cidr 192.0.2.0/24`,
    )
    .action(
      async (username: string, options: UserOptions & { agency: string }, command: Command) => {
        const api = openApi(command, parts);
        api.show(
          await api.client.post<User>('/users', {
            username,
            agency: options.agency,
            ...userBody(options),
          }),
        );
      },
    );

  user
    .command('show <username>')
    .description('show one user')
    .action(async (username: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.get<User>(path(username)));
    });

  addUserOptions(
    user
      .command('change <username>')
      .description('change a user; what is not given stays')
      .option('--name <name>', 'the name to show'),
    parts,
  )
    .addHelpText(
      'after',
      "\nExample:\n  waybill user change amy --quota none --permission '/outgoing=list,read,write' --permission '/incoming=list,read'",
    )
    .action(async (username: string, options: UserOptions, command: Command) => {
      const body = userBody(options);
      if (Object.keys(body).length === 0) {
        throw new CliFailure(
          exitCodes.usage,
          'nothing to change: give at least one option (waybill user change --help)',
        );
      }
      const api = openApi(command, parts);
      api.show(await api.client.patch<User>(path(username), body));
    });

  for (const [verb, status, description] of [
    ['disable', 'disabled', 'refuse every login of a user from now on; keys and files stay'],
    ['enable', 'active', 'let a disabled user log in again'],
  ] as const) {
    user
      .command(`${verb} <username>`)
      .description(description)
      .action(async (username: string, _options: object, command: Command) => {
        const api = openApi(command, parts);
        const changed = await api.client.patch<User>(path(username), { status });
        if (api.json) api.show(changed);
        api.say(`${verb}d ${username}`);
      });
  }

  user
    .command('unlock <username>')
    .description('let a user log in again who was locked after too many failed logins')
    .addHelpText(
      'after',
      `
A lock ends by itself (waybill user show <username> says when). Who failed, and from where:
  waybill audit search --event login.refused.1 --from 1h`,
    )
    .action(async (username: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.client.remove(`${path(username)}/lock`);
      api.say(`unlocked ${username}`);
    });

  user
    .command('remove <username>')
    .description('remove a user with its keys and password; the name is never used again')
    .option('-y, --yes', 'do not ask')
    .action(async (username: string, options: { yes?: boolean }, command: Command) => {
      const api = openApi(command, parts);
      await confirm(
        parts,
        options,
        `Remove user ${username}? The name can never be used again; \`disable\` keeps it.`,
      );
      await api.client.remove(path(username));
      api.say(`removed user ${username}`);
    });

  addLockedCommand(user, parts);
  addPasswordCommands(user, parts);
  addTotpCommands(user, parts);
}

const lockColumns: readonly Column<Lock>[] = [
  { title: 'USERNAME', value: (lock) => lock.username },
  { title: 'AGENCY', value: (lock) => lock.agency },
  { title: 'FAILED', value: (lock) => lock.failedLogins, form: 'number' },
  { title: 'SINCE', value: (lock) => lock.lockedAt, form: 'time' },
  { title: 'UNTIL', value: (lock) => lock.lockedUntil, form: 'time' },
];

function addLockedCommand(user: Command, parts: CliParts): void {
  user
    .command('locked')
    .description('list the users who are locked after too many failed logins')
    .action(async (_options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<Lock>('/locks'), {
        columns: lockColumns,
        none: 'nobody is locked',
      });
    });
}

function addPasswordCommands(user: Command, parts: CliParts): void {
  user
    .command('set-password <username>')
    .description('set a password: typed twice on a terminal, or the one line that comes on stdin')
    .addHelpText(
      'after',
      `
A password is never an argument, where other users of the machine could see it. A user logs in with it only if a
login method asks for it (waybill user change <username> --login-method publickey,password).

Examples:
  waybill user set-password amy
  waybill user set-password amy < /run/secrets/amy-password`,
    )
    .option('--temporary', 'it has to be changed at its first use')
    .action(async (username: string, { temporary }: { temporary?: true }, command: Command) => {
      const api = openApi(command, parts);
      const password = await readPassword(parts, username);
      await api.client.put(`${path(username)}/password`, { password, temporary });
      api.say(`set the password of ${username}`);
    });

  user
    .command('remove-password <username>')
    .description('take away the password of a user')
    .action(async (username: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.client.remove(`${path(username)}/password`);
      api.say(`removed the password of ${username}`);
    });
}

function path(username: string): string {
  return `/users/${segment(username)}`;
}
