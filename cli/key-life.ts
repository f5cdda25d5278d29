import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { countArgument, daysArgument, expiryArgument, expiryHelp, nullFor } from './arguments.ts';
import { segment } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';
import { formatTime } from './units.ts';
import { keyIdOf, keysPath, readPublicKey } from './user-keys.ts';
import type { UserKey } from './user-keys.ts';

type Rotation = { readonly added: UserKey; readonly replaced: UserKey };
type OwnedKey = UserKey & { readonly username: string; readonly agency: string };

const columns: readonly Column<OwnedKey>[] = [
  { title: 'USERNAME', value: (key) => key.username },
  { title: 'AGENCY', value: (key) => key.agency },
  { title: 'TYPE', value: (key) => key.type },
  { title: 'BITS', value: (key) => key.bits, form: 'number' },
  { title: 'FINGERPRINT', value: (key) => key.fingerprint },
  { title: 'LABEL', value: (key) => key.label },
  { title: 'EXPIRES', value: (key) => key.expiresAt ?? 'never', form: 'time' },
  { title: 'LAST USED', value: (key) => key.lastUsedAt ?? 'never', form: 'time' },
];

type ChangeOptions = { label?: string; expires?: string; touch?: boolean; verify?: boolean };
type RotateOptions = { label?: string; expires?: string; overlap?: number };

/** What happens to a key between being added and being removed. */
export function addKeyLifeCommands(key: Command, parts: CliParts): void {
  key
    .command('show <username> <id-or-fingerprint>')
    .description('show one key, with its last use')
    .action(async (username: string, wanted: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await api.client.get<UserKey>(await pathOf(api.client, username, wanted)));
    });

  key
    .command('change <username> <id-or-fingerprint>')
    .description('change what a key is called, or when it expires')
    .option('--label <label>', 'what to call it')
    .option(
      '--expires <when>',
      `not taken from then on: ${expiryHelp}`,
      expiryArgument(parts.nowMs),
    )
    .option('--touch', 'of a key in a security device (sk-): each login takes a touch of it')
    .option('--no-touch', 'it need not be touched')
    .option('--verify', 'of a key in a security device (sk-): it must verify its user')
    .option('--no-verify', 'it need not')
    .action(
      async (
        username: string,
        wanted: string,
        { label, expires, touch, verify }: ChangeOptions,
        command: Command,
      ) => {
        if ([label, expires, touch, verify].every((option) => option === undefined))
          throw new CliFailure(
            exitCodes.usage,
            'nothing to change: give --label, --expires, --touch or --verify',
          );
        const api = openApi(command, parts);
        api.show(
          await api.client.patch<UserKey>(await pathOf(api.client, username, wanted), {
            ...(label !== undefined && { label }),
            ...(expires !== undefined && { expiresAt: nullFor('never', expires) }),
            ...(touch !== undefined && { touchRequired: touch }),
            ...(verify !== undefined && { verifyRequired: verify }),
          }),
        );
      },
    );

  key
    .command('rotate <username> <id-or-fingerprint> <file>')
    .description('add the key that takes over; the old one goes on working for some days')
    .option(
      '--overlap <days>',
      'for how long; 0 ends the old key, and logins, at once',
      daysArgument,
    )
    .option(
      '--label <label>',
      "what to call the new key; without it, its own comment or the old key's label",
    )
    .option(
      '--expires <when>',
      `the new key is not taken from then on: ${expiryHelp}`,
      expiryArgument(parts.nowMs),
    )
    .addHelpText(
      'after',
      '\nExample:\n  waybill key rotate amy SHA256:... amy-2027.pub --overlap 14   # 7 without it',
    )
    .action(
      async (
        username: string,
        wanted: string,
        file: string,
        { label, expires, overlap }: RotateOptions,
        command: Command,
      ) => {
        const publicKey = await readPublicKey(parts, file);
        const api = openApi(command, parts);
        const path = await pathOf(api.client, username, wanted);
        const rotation = await api.client.post<Rotation>(`${path}/rotations`, {
          publicKey,
          ...(label !== undefined && { label }),
          ...(expires !== undefined && { expiresAt: nullFor('never', expires) }),
          ...(overlap !== undefined && { overlapDays: overlap }),
        });
        api.show(api.json ? rotation : rotation.added);
        const { fingerprint, expiresAt } = rotation.replaced;
        api.say(
          `${fingerprint} works until ${expiresAt === null ? 'removed' : formatTime(expiresAt)}`,
        );
      },
    );

  key
    .command('report')
    .description('list the keys of all users, by what is wrong with them')
    .addOption(
      new Option('--state <state>', 'only those').choices([
        'unused',
        'weak',
        'expiring',
        'expired',
      ]),
    )
    .option('--days <count>', 'unused for so long (90), or expiring within (30)', countArgument)
    .option('--agency <code>', 'only those of one agency')
    .option('--fingerprint <fingerprint>', 'whose key that is')
    .addHelpText(
      'after',
      '\nExamples:\n  waybill key report --state expiring --days 14\n  waybill key report --state unused --agency alameda --json',
    )
    .action(
      async (
        options: { state?: string; days?: number; agency?: string; fingerprint?: string },
        command: Command,
      ) => {
        const api = openApi(command, parts);
        await api.list(api.client.pages<OwnedKey>('/keys', options), {
          columns,
          none: 'no such keys',
        });
      },
    );
}

async function pathOf(
  client: Parameters<typeof keyIdOf>[0],
  username: string,
  wanted: string,
): Promise<string> {
  return `${keysPath(username)}/${segment(await keyIdOf(client, username, wanted))}`;
}
