import { Option } from 'commander';
import type { Command } from 'commander';
import {
  cidrArgument,
  countArgument,
  expiryArgument,
  expiryHelp,
  loginMethodArgument,
  nullFor,
  permissionArgument,
  sizeArgument,
} from './arguments.ts';
import type { PermissionOption } from './arguments.ts';
import type { CliParts } from './parts.ts';

export type UserOptions = {
  readonly name?: string;
  readonly loginMethod?: readonly (readonly string[])[];
  readonly cidr?: readonly string[];
  readonly expires?: string;
  readonly quota?: number | 'none';
  readonly maxSessions?: number;
  readonly permission?: PermissionOption;
  readonly kind?: string;
};

/** What `user add` and `user change` have in common. */
export function addUserOptions(command: Command, parts: CliParts): Command {
  return command
    .option(
      '--login-method <proofs>',
      'one way to log in: publickey, password, publickey,password for both, or either with ,totp behind it for a one-time code; repeat for other ways',
      loginMethodArgument,
    )
    .option(
      '--cidr <block>',
      'address or block to log in from; repeat for more, `any` for everywhere',
      cidrArgument,
    )
    .option('--expires <when>', `no login from then on: ${expiryHelp}`, expiryArgument(parts.nowMs))
    .option('--quota <size>', 'what the user may have stored, such as 10GB, or none', sizeArgument)
    .option('--max-sessions <count>', 'logins at the same time', countArgument)
    .addOption(
      new Option('--kind <kind>', 'who logs in: a person, or a job without one').choices([
        'person',
        'service',
      ]),
    )
    .option(
      '--permission <rule>',
      "what is allowed below a path, such as '/outgoing=list,read,write'; repeat for more; " +
        "`default` for the rules of the agency's kind. Permissions: list, read, write, overwrite, delete, rename, mkdir",
      permissionArgument,
    );
}

/** The request's fields; what was not given is left out. */
export function userBody(options: UserOptions): Record<string, unknown> {
  const body: Record<string, unknown> = {
    displayName: options.name,
    loginMethods: options.loginMethod,
    allowedCidrs: options.cidr,
    expiresAt: nullFor('never', options.expires),
    quotaBytes: nullFor('none', options.quota),
    maxSessions: options.maxSessions,
    permissions: nullFor('default', options.permission),
    accountKind: options.kind,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
