import { writeFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { toString as qrCodeText } from 'qrcode';
import { openApi } from './api.ts';
import { segment } from './client.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { confirm } from './terminal.ts';
import type { Column } from './text.ts';

type Enrolment = {
  readonly username: string;
  readonly secret: string;
  readonly uri: string;
  readonly qrCodePng: string;
};
type RecoveryCodes = { readonly recoveryCodes: readonly string[] };
type SecondFactor = {
  readonly username: string;
  readonly agency: string;
  readonly state: string;
  readonly askedFor: boolean;
  readonly lastUsedAt: string | null;
  readonly driftSteps: number;
  readonly recoveryCodesLeft: number;
  readonly blocked: boolean;
};

const columns: readonly Column<SecondFactor>[] = [
  { title: 'USERNAME', value: (user) => user.username },
  { title: 'AGENCY', value: (user) => user.agency },
  { title: 'CODES', value: (user) => (user.blocked ? 'blocked' : user.state) },
  { title: 'ASKED FOR', value: (user) => (user.askedFor ? 'yes' : 'no') },
  { title: 'LAST USED', value: (user) => user.lastUsedAt ?? 'never', form: 'time' },
  { title: 'DRIFT', value: (user) => `${user.driftSteps * 30} s` },
  { title: 'RECOVERY', value: (user) => user.recoveryCodesLeft, form: 'number' },
];

export function addTotpCommands(user: Command, parts: CliParts): void {
  const totp = user.command('totp').description('one-time codes from an authenticator (TOTP)');
  addEnrolCommands(totp, parts);
  totp
    .command('list')
    .description('list who has one-time codes, and who has none')
    .option('--agency <code>', 'only users of one agency')
    .addOption(
      new Option('--state <state>', 'only those').choices(['none', 'pending', 'confirmed']),
    )
    .action(async (options: Record<string, string>, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<SecondFactor>('/second-factors', options), {
        columns,
        none: 'no such users',
      });
    });
  totp
    .command('recovery-codes <username>')
    .description('make recovery codes anew; those before are good no more')
    .action(async (username: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      const made = await api.client.post<RecoveryCodes>(`${path(username)}/recovery-codes`, {});
      if (api.json) api.show(made);
      else writeLine(parts.stdout, codesText(username, made));
    });
  totp
    .command('remove <username>')
    .description('take away the codes, so that new ones can be enrolled')
    .option('-y, --yes', 'do not ask')
    .action(async (username: string, options: { yes?: boolean }, command: Command) => {
      const api = openApi(command, parts);
      await confirm(parts, options, `Take away the one-time codes of ${username}?`);
      await api.client.remove(path(username));
      api.say(`removed the one-time codes of ${username}`);
    });
}

function addEnrolCommands(totp: Command, parts: CliParts): void {
  totp
    .command('enrol <username>')
    .description('make a secret, and show it as a QR code for an authenticator')
    .option('--png <file>', 'write the QR code there, too')
    .addHelpText(
      'after',
      `
The secret is shown this once. It counts once a first code was given:
  waybill user totp enrol amy
  waybill user totp confirm amy 123456
  waybill user change amy --login-method publickey,totp`,
    )
    .action(async (username: string, { png }: { png?: string }, command: Command) => {
      const api = openApi(command, parts);
      const made = await api.client.putFor<Enrolment>(path(username), {});
      // First what is shown this once: the file may be in the way.
      if (api.json) api.show(made);
      else writeLine(parts.stdout, await enrolmentText(made, parts.stdout.isTTY === true));
      if (png !== undefined) writePng(png, made);
    });
  totp
    .command('confirm <username> <code>')
    .description('take the secret into use with a first code, and make recovery codes')
    .action(async (username: string, code: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      const made = await api.client.post<RecoveryCodes>(`${path(username)}/confirmation`, { code });
      if (api.json) api.show(made);
      else writeLine(parts.stdout, codesText(username, made));
    });
}

/** For its owner alone: whoever has the picture makes the codes. */
function writePng(file: string, { qrCodePng }: Enrolment): void {
  try {
    writeFileSync(file, Buffer.from(qrCodePng, 'base64'), { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new CliFailure(exitCodes.failed, `cannot write ${file}: ${String(cause)}`);
  }
}

/** On a terminal in black on white, whatever its colours are: not every camera reads the reverse. */
async function enrolmentText(
  { username, secret, uri }: Enrolment,
  isTerminal: boolean,
): Promise<string> {
  // Not the library's own form for terminals: that has not the margin which a code needs to be found (ISO 18004: 4 modules).
  const plain = await qrCodeText(uri, { type: 'utf8', errorCorrectionLevel: 'M', margin: 4 });
  const code = isTerminal ? plain.replace(/^.+$/gm, blackOnWhite) : plain;
  return [
    code,
    `Secret of ${username}, where no camera is at hand: ${secret}`,
    `Then: waybill user totp confirm ${username} <code>`,
  ].join('\n');
}

function blackOnWhite(line: string): string {
  return `\u001b[47m\u001b[30m${line}\u001b[0m`;
}

function codesText(username: string, { recoveryCodes }: RecoveryCodes): string {
  return [
    `Recovery codes of ${username}, each good once in place of a code; they are shown this once:`,
    ...recoveryCodes.map((code) => `  ${code}`),
  ].join('\n');
}

function path(username: string): string {
  return `/users/${segment(username)}/totp`;
}
