import type { Command } from 'commander';
import { openApi } from './api.ts';
import { expiryArgument, expiryHelp, listArgument, nullFor } from './arguments.ts';
import { segment } from './client.ts';
import type { Client } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import { confirm } from './terminal.ts';
import type { Column } from './text.ts';
import { readPublicKey } from './user-keys.ts';

type UserCa = {
  readonly id: string;
  readonly type: string;
  readonly fingerprint: string;
  readonly label: string;
  readonly principals: readonly string[];
  readonly verifyRequired: boolean;
  readonly expiresAt: string | null;
};

const columns: readonly Column<UserCa>[] = [
  { title: 'ID', value: (ca) => ca.id },
  { title: 'TYPE', value: (ca) => ca.type },
  { title: 'FINGERPRINT', value: (ca) => ca.fingerprint },
  { title: 'LABEL', value: (ca) => ca.label },
  {
    title: 'USERS',
    value: (ca) => (ca.principals.length === 0 ? 'all of the agency' : ca.principals.join(',')),
  },
  { title: 'DEVICE', value: (ca) => (ca.verifyRequired ? 'must verify' : '') },
  { title: 'EXPIRES', value: (ca) => ca.expiresAt ?? 'never', form: 'time' },
];

type Options = {
  label?: string;
  expires?: string;
  principal?: readonly string[];
  everyPrincipal?: true;
  verify?: boolean;
};

const principalHelp = 'a user that it may certify; repeat it for more (without it, every user)';

export function addUserCaCommands(program: Command, parts: CliParts): void {
  const ca = program
    .command('user-ca')
    .description('the authorities whose OpenSSH certificates let users of an agency in');

  ca.command('list <agency>')
    .description('list the authorities of an agency')
    .action(async (agency: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<UserCa>(at(agency)), {
        columns,
        none: `no authority certifies users of ${agency}`,
      });
    });

  ca.command('add <agency> <file>')
    .description('let the authority whose public key is in a file (`-` is stdin) certify users')
    .option('--label <label>', "what to call it; without it, the key's own comment")
    .option('--principal <username>', principalHelp, listArgument)
    .option('--verify', 'only keys in security devices that verify their user')
    .option(
      '--expires <when>',
      `not taken from then on: ${expiryHelp}`,
      expiryArgument(parts.nowMs),
    )
    .addHelpText(
      'after',
      '\nExample:\n  waybill user-ca add alameda agency_ca.pub --label "Alameda CA 2027" --expires 2028-01-31\n  ssh-keygen -s agency_ca -I "amy, laptop" -n amy -z 1042 -V +8h ~/.ssh/id_ed25519.pub',
    )
    .action(async (agency: string, file: string, options: Options, command: Command) => {
      const publicKey = await readPublicKey(parts, file);
      const api = openApi(command, parts);
      api.show(await api.client.post<UserCa>(at(agency), { publicKey, ...bodyOf(options) }));
    });

  ca.command('change <agency> <id-or-fingerprint>')
    .description(
      'change what an authority may certify, or until when; what is taken away ends logins',
    )
    .option('--label <label>', 'what to call it')
    .option('--principal <username>', principalHelp, listArgument)
    .option('--every-principal', 'it may certify every user of the agency')
    .option('--verify', 'only keys in security devices that verify their user')
    .option('--no-verify', 'any key')
    .option(
      '--expires <when>',
      `not taken from then on: ${expiryHelp}`,
      expiryArgument(parts.nowMs),
    )
    .action(async (agency: string, wanted: string, options: Options, command: Command) => {
      const body = bodyOf(options);
      if (Object.keys(body).length === 0)
        throw new CliFailure(exitCodes.usage, 'nothing to change: give one option at least');
      const api = openApi(command, parts);
      const id = await idOf(api.client, agency, wanted);
      api.show(await api.client.patch<UserCa>(`${at(agency)}/${segment(id)}`, body));
    });

  ca.command('remove <agency> <id-or-fingerprint>')
    .description('remove an authority; logins by its certificates end')
    .option('-y, --yes', 'do not ask')
    .action(
      async (agency: string, wanted: string, options: { yes?: boolean }, command: Command) => {
        const api = openApi(command, parts);
        const id = await idOf(api.client, agency, wanted);
        await confirm(parts, options, `End the logins of ${agency} by certificates of ${wanted}?`);
        await api.client.remove(`${at(agency)}/${segment(id)}`);
        api.say(`removed authority ${wanted} of ${agency}`);
      },
    );
}

function bodyOf({ label, expires, principal, everyPrincipal, verify }: Options): object {
  const principals = everyPrincipal === true ? [] : principal;
  return {
    ...(label !== undefined && { label }),
    ...(principals !== undefined && { principals }),
    ...(verify !== undefined && { verifyRequired: verify }),
    ...(expires !== undefined && { expiresAt: nullFor('never', expires) }),
  };
}

async function idOf(client: Client, agency: string, wanted: string): Promise<string> {
  if (!wanted.startsWith('SHA256:')) return wanted;
  for await (const page of client.pages<UserCa>(at(agency))) {
    const found = page.find(({ fingerprint }) => fingerprint === wanted);
    if (found !== undefined) return found.id;
  }
  throw new CliFailure(exitCodes.failed, `${agency} has no authority ${wanted}`);
}

function at(agency: string): string {
  return `/agencies/${segment(agency)}/user-cas`;
}
