import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { expiryArgument, expiryHelp, nullFor } from './arguments.ts';
import { segment } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';

type UserKey = {
  readonly id: string;
  readonly type: string;
  readonly bits: number;
  readonly fingerprint: string;
  readonly label: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
};

const keyBytesMax = 64 * 1024;

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
    .addHelpText(
      'after',
      '\nExample:\n  waybill key add amy ~/.ssh/id_ed25519.pub --label "Amy, laptop" --expires 2027-01-31',
    )
    .action(
      async (
        username: string,
        file: string,
        options: { label?: string; expires?: string },
        command: Command,
      ) => {
        const publicKey = await readPublicKey(parts, file);
        const api = openApi(command, parts);
        api.show(
          await api.client.post<UserKey>(keysPath(username), {
            publicKey,
            ...(options.label !== undefined && { label: options.label }),
            ...(options.expires !== undefined && { expiresAt: nullFor('never', options.expires) }),
          }),
        );
      },
    );

  key
    .command('remove <username> <id-or-fingerprint>')
    .description('remove a key; logins with it are refused from then on')
    .action(async (username: string, wanted: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      const id = wanted.startsWith('SHA256:')
        ? await idOf(api.client.pages(keysPath(username)), wanted)
        : wanted;
      await api.client.remove(`${keysPath(username)}/${segment(id)}`);
      api.say(`removed key ${wanted} of ${username}`);
    });
}

async function idOf(
  pages: AsyncIterable<readonly UserKey[]>,
  fingerprint: string,
): Promise<string> {
  for await (const page of pages) {
    const found = page.find((key) => key.fingerprint === fingerprint);
    if (found !== undefined) return found.id;
  }
  throw new CliFailure(exitCodes.failed, `the user has no key ${fingerprint}`);
}

async function readPublicKey(parts: CliParts, file: string): Promise<string> {
  const text = file === '-' ? await readAll(parts) : readKeyFile(file);
  if (text.length > keyBytesMax)
    throw new CliFailure(exitCodes.usage, 'that is too long for a public key');
  // Said here, before the secret half leaves this machine.
  if (/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----|^PuTTY-User-Key-File/m.test(text)) {
    throw new CliFailure(
      exitCodes.usage,
      'that is a private key, and it was not sent; give the public half',
      [
        'OpenSSH keeps it beside the private one in a .pub file; `ssh-keygen -y -f <private key>` prints it',
      ],
    );
  }
  if (text.trim() === '')
    throw new CliFailure(
      exitCodes.usage,
      `there is no key in ${file === '-' ? 'what came on stdin' : file}`,
    );
  return text.trim();
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliFailure(
      exitCodes.usage,
      `cannot read the public key file: ${(error as Error).message}`,
    );
  }
}

async function readAll({ stdin }: CliParts): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

function keysPath(username: string): string {
  return `/users/${segment(username)}/keys`;
}
