import type { Command } from 'commander';
import { openApi } from './api.ts';
import { segment } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';

type Revocation = {
  readonly id: string;
  readonly kind: string;
  readonly value: string;
  readonly authority: string | null;
  readonly reason: string;
  readonly createdAt: string;
};

const columns: readonly Column<Revocation>[] = [
  { title: 'ID', value: (each) => each.id },
  { title: 'WHAT', value: (each) => each.kind },
  { title: 'VALUE', value: (each) => each.value },
  { title: 'AUTHORITY', value: (each) => each.authority ?? 'any' },
  { title: 'REASON', value: (each) => each.reason },
  { title: 'SINCE', value: (each) => each.createdAt, form: 'time' },
];

type RevokeOptions = {
  serial?: string;
  keyId?: string;
  key?: string;
  ca?: string;
  reason: string;
};

export function addUserCertificateCommands(program: Command, parts: CliParts): void {
  const certificate = program
    .command('user-certificate')
    .description('OpenSSH certificates that let nobody in any more, though their authority does');

  certificate
    .command('revoked <agency>')
    .description('list what is revoked')
    .action(async (agency: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<Revocation>(at(agency)), {
        columns,
        none: `no certificate of ${agency} is revoked`,
      });
    });

  certificate
    .command('revoke <agency>')
    .description('revoke by serial, key id or certified key; logins by it end')
    .option(
      '--serial <number>',
      'the serial of one certificate (`ssh-keygen -L` prints it); with --ca',
    )
    .option('--key-id <text>', 'the key id of certificates')
    .option('--key <fingerprint>', 'whatever certifies that key (SHA256:...)')
    .option('--ca <fingerprint>', 'only what this authority signed')
    .requiredOption('--reason <text>', 'why')
    .addHelpText(
      'after',
      '\nExample:\n  waybill user-certificate revoke alameda --serial 1042 --ca SHA256:... --reason "laptop lost"',
    )
    .action(async (agency: string, options: RevokeOptions, command: Command) => {
      const body = { ...namedIn(options), authority: options.ca ?? null, reason: options.reason };
      const api = openApi(command, parts);
      api.show(await api.client.post<Revocation>(at(agency), body));
    });

  certificate
    .command('reinstate <agency> <id>')
    .description('take a revocation back')
    .action(async (agency: string, id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.client.remove(`${at(agency)}/${segment(id)}`);
      api.say(`revocation ${id} of ${agency} is taken back`);
    });
}

function namedIn({ serial, keyId, key }: RevokeOptions): { kind: string; value: string } {
  const named = [
    { kind: 'serial', value: serial },
    { kind: 'key-id', value: keyId },
    { kind: 'key', value: key },
  ].flatMap(({ kind, value }) => (value === undefined ? [] : [{ kind, value }]));
  const [only] = named;
  if (only === undefined || named.length > 1)
    throw new CliFailure(exitCodes.usage, 'give one of --serial, --key-id and --key');
  return only;
}

function at(agency: string): string {
  return `/agencies/${segment(agency)}/certificate-revocations`;
}
