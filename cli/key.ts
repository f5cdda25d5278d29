import type { Command } from 'commander';
import { openApi } from './api.ts';
import { addKeyLifeCommands } from './key-life.ts';
import { expiryArgument, expiryHelp, nullFor } from './arguments.ts';
import { segment } from './client.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';
import { keyIdOf, keysPath, readPublicKey } from './user-keys.ts';
import type { UserKey } from './user-keys.ts';

/** Commander says `touch: true` where `--no-touch` was not given. */
type DeviceOptions = { verify?: boolean; touch: boolean };

const columns: readonly Column<UserKey>[] = [
  { title: 'ID', value: (key) => key.id },
  { title: 'TYPE', value: (key) => key.type },
  { title: 'BITS', value: (key) => key.bits, form: 'number' },
  { title: 'FINGERPRINT', value: (key) => key.fingerprint },
  { title: 'LABEL', value: (key) => key.label },
  { title: 'EXPIRES', value: (key) => key.expiresAt ?? 'never', form: 'time' },
  { title: 'LAST USED', value: (key) => key.lastUsedAt ?? 'never', form: 'time' },
];

export function addKeyCommands(program: Command, parts: CliParts): void {
  const key = program.command('key').description('the public keys of a user');

  key
    .command('list <username>')
    .description('list the keys of a user')
    .action(async (username: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<UserKey>(keysPath(username)), {
        columns,
        none: `${username} has no keys; add one with \`waybill key add ${username} <file>\``,
      });
    });

  key
    .command('add <username> <file>')
    .description('add a public key from a file (OpenSSH, RFC 4716 or PEM), or `-` for stdin')
    .option('--label <label>', "what to call it; without it, the key's own comment")
    .option(
      '--expires <when>',
      `not taken from then on: ${expiryHelp}`,
      expiryArgument(parts.nowMs),
    )
    .option('--verify', 'of a key in a security device (sk-): it must verify its user')
    .option('--no-touch', 'of a key in a security device (sk-): it need not be touched')
    .addHelpText(
      'after',
      '\nExample:\n  waybill key add amy ~/.ssh/id_ed25519.pub --label "Amy, laptop" --expires 2027-01-31',
    )
    .action(
      async (
        username: string,
        file: string,
        options: { label?: string; expires?: string } & DeviceOptions,
        command: Command,
      ) => {
        const publicKey = await readPublicKey(parts, file);
        const api = openApi(command, parts);
        api.show(
          await api.client.post<UserKey>(keysPath(username), {
            publicKey,
            ...(options.label !== undefined && { label: options.label }),
            ...(options.expires !== undefined && { expiresAt: nullFor('never', options.expires) }),
            ...(options.verify !== undefined && { verifyRequired: options.verify }),
            ...(!options.touch && { touchRequired: false }),
          }),
        );
      },
    );

  key
    .command('remove <username> <id-or-fingerprint>')
    .description('remove a key; logins with it are refused from then on')
    .action(async (username: string, wanted: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      const id = await keyIdOf(api.client, username, wanted);
      await api.client.remove(`${keysPath(username)}/${segment(id)}`);
      api.say(`removed key ${wanted} of ${username}`);
    });

  addKeyLifeCommands(key, parts);
}
