import type { Command } from 'commander';
import { openApi } from './api.ts';
import { absolutePath } from './arguments.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import { confirm } from './terminal.ts';
import { printable } from './text.ts';

type Options = {
  readonly agency: string;
  readonly path?: string;
  readonly allNames?: boolean;
  readonly reason: string;
  readonly authority: string;
  readonly yes?: boolean;
};

type Redaction = {
  readonly commitments: readonly string[];
  readonly transfers: number;
  readonly erased: boolean;
  readonly stays: readonly string[];
};

const help = `
The rows of the ledger stay, and so does its chain: in place of the name there is a commitment, and what opened it is
destroyed. Refused while the file is there, or a legal hold is on it. Backups, exports, and what was forwarded keep the name,
and so do signed certificates and receipts: docs/EVIDENCE.md says what is reached.

Examples:
  waybill audit redact --agency alameda --path /outgoing/ana-ortiz.pdf --reason "sent by mistake" --authority "privacy office 24-17"
  waybill audit redact --agency alameda --all-names --reason "the agency has left" --authority "contract 12 section 4"`;

export function addAuditRedactCommand(audit: Command, parts: CliParts): void {
  audit
    .command('redact')
    .description('take the name of a file that is gone out of the ledger, for good')
    .requiredOption('--agency <code>', 'in whose tree it was')
    .option('--path <path>', 'exactly this path')
    .option('--all-names', 'every name of the agency up to now, in place of --path')
    .requiredOption('--reason <text>', 'why, without the name: this stays in the ledger')
    .requiredOption('--authority <text>', 'who wants it, without the name')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', help)
    .action(async (options: Options, command: Command) => {
      const { agency, path, allNames = false, reason, authority } = options;
      if ((path === undefined) !== allNames)
        throw new CliFailure(exitCodes.usage, 'say either --path or --all-names');
      const api = openApi(command, parts);
      const what = path === undefined ? `every name of ${agency}` : `${agency}:${path}`;
      await confirm(
        parts,
        options,
        `Redact ${printable(what)} in the ledger? Nothing brings it back.`,
      );
      const wanted = {
        agency,
        path: path === undefined ? null : absolutePath(path),
        reason,
        authority,
      };
      api.show(await api.client.post<Redaction>('/audit/redactions', wanted));
    });
}
